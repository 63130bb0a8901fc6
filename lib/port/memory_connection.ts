import type { Host } from "../model/host.ts";
import type { Timer } from "./clock.ts";
import { type MemoryNetwork, MemoryPipe, type PipeReader } from "./memory_pipe.ts";
import type { Connection, ConnectionHandler } from "./tcp.ts";

/** As long as the real one waits. */
const lingerMs = 10_000;

/** Both ends of a connection in memory, and what can happen to it. */
export class MemoryPair {
  readonly dialled: MemoryConnection;
  readonly accepted: MemoryConnection;
  readonly #network: MemoryNetwork;

  constructor(network: MemoryNetwork, hosts: { readonly from: Host; readonly to: Host }) {
    this.#network = network;
    this.dialled = new MemoryConnection(network, { local: hosts.from, remote: hosts.to });
    this.accepted = new MemoryConnection(network, { local: hosts.to, remote: hosts.from });
    this.dialled.join(this.accepted);
    this.accepted.join(this.dialled);
  }

  /** Are both ends closed? */
  get isOver(): boolean {
    return this.dialled.isGone && this.accepted.isGone;
  }

  /** The connection breaks: what travels is lost, and each end hears of it, sooner or later. */
  reset(): void {
    for (const end of [this.dialled, this.accepted]) end.resetAfter(this.#network.delayMs());
  }

  /** From now on bytes vanish on the way and neither end is told. */
  silence(): void {
    this.dialled.silence();
    this.accepted.silence();
  }
}

/** One end of a connection in memory. */
export class MemoryConnection implements Connection, PipeReader {
  readonly local: Host;
  readonly remote: Host;
  /** Runs when it is closed, or its process dead. */
  gone: (() => void) | undefined;
  readonly #network: MemoryNetwork;
  #peer: MemoryConnection | undefined;
  /** What comes to this end. */
  readonly #incoming: MemoryPipe;
  #handler: ConnectionHandler | undefined;
  #isPaused = false;
  #isEnding = false;
  /** Has the peer closed its direction? */
  #isFinished = false;
  #isSilent = false;
  #isDead = false;
  /** Is its machine up again, knowing nothing of it? */
  #isForgotten = false;
  #reason: string | undefined;
  #linger: Timer | undefined;

  constructor(network: MemoryNetwork, hosts: { readonly local: Host; readonly remote: Host }) {
    this.#network = network;
    this.local = hosts.local;
    this.remote = hosts.remote;
    this.#incoming = new MemoryPipe(network, this, () => this.#peer?.drained());
  }

  /** Makes `peer` the other end. */
  join(peer: MemoryConnection): void {
    this.#peer = peer;
  }

  /** Closed, or its process is dead. */
  get isGone(): boolean {
    return this.isClosed || this.#isDead;
  }

  get isClosed(): boolean {
    return this.#reason !== undefined;
  }

  get unsentBytes(): number {
    return this.isClosed ? 0 : this.#outgoing()?.unsentBytes ?? 0;
  }

  get isReading(): boolean {
    return this.#isEnding || (this.#handler !== undefined && !this.#isPaused);
  }

  serve(handler: ConnectionHandler): void {
    this.#handler = handler;
    const reason = this.#reason;
    if (reason !== undefined) queueMicrotask(() => this.#isDead || handler.closed(reason));
    else this.#network.clock.after(0, () => this.#incoming.deliver());
  }

  write(bytes: Uint8Array): void {
    if (this.isClosed || this.#isEnding) return;
    this.#outgoing()?.write(bytes);
    if (this.#peer?.isForgotten) this.resetAfter(this.#network.delayMs());
  }

  lend(bytes: Uint8Array, from: number, to: number): void {
    this.write(bytes.slice(from, to));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#network.clock.after(0, () => this.#incoming.deliver());
  }

  end(): void {
    if (this.isClosed || this.#isEnding) return;
    this.#isEnding = true;
    this.#outgoing()?.end();
    this.#incoming.deliver();
    this.#linger = this.#network.clock.after(lingerMs, () => this.#close("ended", "reset"));
  }

  destroy(): void {
    this.#close("destroyed", this.#incoming.hasWaiting ? "reset" : "ended");
  }

  /**
   * The process of this end is gone: its owner hears nothing more; the peer is reset if `isTold`.
   */
  die(isTold: boolean): void {
    this.#isDead = true;
    if (isTold) this.#close("destroyed", "reset");
    else this.silence();
    this.#peer?.silence();
    this.gone?.();
  }

  get isForgotten(): boolean {
    return this.#isForgotten;
  }

  /** The machine of this dead end is up again: what its peer sends, or has sent, is answered so. */
  forget(): void {
    this.#isForgotten = true;
    if (this.#incoming.hasTaken) this.#peer?.resetAfter(this.#network.delayMs());
  }

  /** Nothing arrives here any more, not even that the connection is over. */
  silence(): void {
    this.#isSilent = true;
    this.#incoming.silence();
  }

  /** The other end broke the connection. */
  hearReset(): void {
    if (!this.#isSilent) this.resetAfter(this.#network.delayMs());
  }

  /** The news that the connection broke arrives here. */
  resetAfter(delayMs: number): void {
    this.#incoming.silence();
    this.#network.clock.after(delayMs, () => this.#close("reset", undefined));
  }

  arrived(bytes: Uint8Array): void {
    if (!this.#isEnding && !this.#isDead) this.#handler?.data(bytes);
  }

  /** The peer closed: what is unsent still goes out, then this end closes as well. */
  finished(): void {
    this.#isFinished = this.#isEnding = true;
    this.#outgoing()?.end();
    if (this.unsentBytes === 0) this.#close("ended", undefined);
  }

  /** Everything unsent was taken. */
  drained(): void {
    if (this.#isDead || this.isClosed) return;
    if (this.#isFinished) this.#close("ended", undefined);
    else this.#handler?.drained();
  }

  #outgoing(): MemoryPipe | undefined {
    return this.#peer === undefined ? undefined : this.#peer.#incoming;
  }

  #close(reason: string, peerHears: "reset" | "ended" | undefined): void {
    if (this.isClosed) return;
    this.#reason = reason;
    this.#linger?.cancel();
    const outgoing = this.#outgoing();
    if (peerHears === "ended") outgoing?.breakOff();
    else if (peerHears === "reset") this.#peer?.hearReset();
    this.#incoming.cut();
    this.gone?.();
    const handler = this.#handler;
    if (handler !== undefined) queueMicrotask(() => this.#isDead || handler.closed(reason));
  }
}
