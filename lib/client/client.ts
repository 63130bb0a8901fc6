import { Refusal } from "../model/refusal.ts";
import { DEFAULT_TOPIC } from "../model/topic.ts";
import { readRoute, type RouteRead } from "../remoting/bodies/route_reader.ts";
import type { Command } from "../remoting/command.ts";
import { ClientError, lostError, refusedError } from "./client_error.ts";
import { type ConnectionOptions, Connections } from "./connections.ts";
import { RemoteBroker } from "./remote_broker.ts";
import { type TopicRoute, topicRoute } from "./topic_route.ts";

/** What a client is made with. */
export interface ClientOptions extends ConnectionOptions {
  /** `HOST:PORT` of each name server; any of them knows all. */
  readonly nameServers: readonly string[];
  /** For an answer to come, ms; 3 s where left out, as in RocketMQ's clients. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 3000;
const GET_ROUTE = 105;
const TOPIC_UNKNOWN = 17;

/** RocketMQ's wire from the asking side: finds topics, and the brokers that hold them. */
export class Client {
  readonly #options: ClientOptions;
  readonly #connections: Connections;
  readonly #timeoutMs: number;
  /** The name server that answered last. */
  #nameServer = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#connections = new Connections(options);
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  /** Where a topic is. @throws {ClientError} `no-route` where no name server knows it. */
  async route(topic: string): Promise<TopicRoute> {
    const found = await this.#findRoute(topic);
    if (found !== undefined) return topicRoute(topic, found);
    const asked = this.#options.nameServers.join(", ");
    throw new ClientError(
      "no-route",
      `There is no topic ${topic} as far as ${asked} knows. Create it, or send to it first.`,
    );
  }

  /**
   * Where to send to a topic: one that is not there yet is made by the first send, with
   * `queuesMax` queues, on the brokers that make topics. @throws {ClientError} `no-route`
   */
  async routeToSend(topic: string, queuesMax: number): Promise<TopicRoute> {
    const found = await this.#findRoute(topic);
    if (found !== undefined) return topicRoute(topic, found);
    const born = await this.#findRoute(DEFAULT_TOPIC);
    if (born !== undefined) return topicRoute(topic, born, queuesMax);
    throw new ClientError(
      "no-route",
      `There is no topic ${topic}, and no broker that makes topics by itself ` +
        `(autoCreateTopicEnable). Create it first.`,
    );
  }

  /** The broker at `HOST:PORT`; `lane` tells several connections to it apart. */
  async broker(address: string, lane = 0): Promise<RemoteBroker> {
    const caller = await this.#connections.to(address, lane);
    return new RemoteBroker(caller, { address, timeoutMs: this.#timeoutMs });
  }

  /** Closes all connections; what waits for an answer fails. */
  close(): Promise<void> {
    return this.#connections.close();
  }

  /** Asks one name server after the other, the last good one first. */
  async #findRoute(topic: string): Promise<RouteRead | undefined> {
    const { nameServers } = this.#options;
    const faults: string[] = [];
    for (let tries = 0; tries < nameServers.length; tries++) {
      const at = (this.#nameServer + tries) % nameServers.length;
      try {
        const answer = await this.#askRoute(nameServers[at], topic);
        this.#nameServer = at;
        return answer.code === TOPIC_UNKNOWN ? undefined : routeOf(topic, answer);
      } catch (fault) {
        faults.push(fault instanceof Error ? fault.message : String(fault));
      }
    }
    const why = faults.join(" ") || "no name server is named.";
    throw new ClientError("unreachable", `Cannot find topic ${topic}: ${why}`);
  }

  async #askRoute(nameServer: string, topic: string): Promise<Command> {
    const caller = await this.#connections.to(nameServer);
    const header = { topic, acceptStandardJsonOnly: true };
    return await caller.call({ code: GET_ROUTE, header, timeoutMs: this.#timeoutMs }).catch(
      (reason) => {
        throw lostError(`find topic ${topic}`, reason);
      },
    );
  }
}

function routeOf(topic: string, answer: Command): RouteRead {
  if (answer.code !== 0) throw refusedError(`find topic ${topic}`, answer);
  try {
    return readRoute(answer.body);
  } catch (fault) {
    if (!(fault instanceof Refusal)) throw fault;
    throw new ClientError("garbled", `The route of ${topic} does not read: ${fault.message}`);
  }
}
