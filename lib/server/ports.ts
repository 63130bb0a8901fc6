import type { Clock } from "../port/clock.ts";
import { RealClock } from "../port/clock_real.ts";
import type { Disk } from "../port/disk.ts";
import { MemoryDisk } from "../port/disk_memory.ts";
import { RealDisk } from "../port/disk_real.ts";
import { lockHolder, processIsAlive } from "../port/holder.ts";
import type { Lines } from "../port/lines.ts";
import { RealLines } from "../port/lines_real.ts";
import { lookUpHost } from "../port/lookup.ts";
import { hostName, localAddresses, memoryBytes, processId } from "../port/machine.ts";
import type { Random } from "../port/random.ts";
import { RealRandom } from "../port/random_real.ts";
import type { SqliteOpen } from "../port/sqlite.ts";
import { MemorySqlite } from "../port/sqlite_memory.ts";
import { openRealSqlite } from "../port/sqlite_real.ts";
import type { Tcp } from "../port/tcp.ts";
import { RealTcp } from "../port/tcp_real.ts";

/** All that a server touches of the outside. */
export interface Ports {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly tcp: Tcp;
  readonly openSqlite: SqliteOpen;
  readonly random: Random;
  readonly lines: Lines;
  readonly machine: Machine;
}

/** What a server wants to know of the machine. */
export interface Machine {
  readonly memoryBytes: number;
  readonly processId: number;
  /** Is it a name or an address of this machine? */
  isOwn(host: string): boolean;
  isAlive(processId: number): boolean;
  /** The address of a host, as text; rejects with a sentence where there is no such host. */
  lookUp(name: string): Promise<string>;
  /** The process that holds a lock on the file, where that can be told. */
  lockHolder(path: string): number | undefined;
}

/** The real ones. */
export function realPorts(): Ports {
  const clock = new RealClock();
  return {
    clock,
    disk: new RealDisk(),
    tcp: new RealTcp(),
    openSqlite: openRealSqlite,
    random: new RealRandom(),
    lines: new RealLines(clock),
    machine: {
      memoryBytes: memoryBytes(),
      processId: processId(),
      isOwn: (host) =>
        host === "localhost" || host === hostName() ||
        localAddresses().some(({ ip }) => ip === host),
      isAlive: processIsAlive,
      lookUp: lookUpHost,
      lockHolder,
    },
  };
}

/** The same ports over a store in memory that takes `totalBytes` and that nothing outlives. */
export function overMemory(ports: Ports, totalBytes: number): Ports {
  const disk = new MemoryDisk({ clock: ports.clock, keepsSynced: false, totalBytes });
  return { ...ports, disk, openSqlite: new MemorySqlite({ clock: ports.clock }).open };
}
