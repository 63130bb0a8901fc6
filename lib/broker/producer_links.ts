import type { Link } from "./link.ts";

/** Which connection a producer is reached by, by its client id: its newest one. */
export class ProducerLinks {
  readonly #links = new Map<string, Link>();
  /** The one name that each connection goes by, so that there are no more names than those. */
  readonly #names = new Map<number, string>();

  /** A producer told by this connection that it is there. */
  heard(clientId: string, link: Link): void {
    const known = this.#names.get(link.id);
    if (known !== clientId) {
      this.left(link.id);
      this.#names.set(link.id, clientId);
    }
    const other = this.#links.get(clientId);
    if (other === undefined || other.isClosed || other.id <= link.id) {
      this.#links.set(clientId, link);
    }
  }

  /** The connection has no producer any more. */
  left(linkId: number): void {
    const name = this.#names.get(linkId);
    if (name === undefined) return;
    this.#names.delete(linkId);
    if (this.#links.get(name)?.id === linkId) this.#links.delete(name);
  }

  find(clientId: string): Link | undefined {
    const link = this.#links.get(clientId);
    return link?.isClosed === false ? link : undefined;
  }
}
