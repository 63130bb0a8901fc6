import { CLIENTS, type ClientVersion } from "./installed.ts";
import { mustSuite } from "./java.ts";
import { type Group, type Play, plays } from "./scenario.ts";
import { startTried, type World } from "./world.ts";

/** Where `useServerSideResetOffset` is off, clients send themselves elsewhere (220). */
async function byClients(world: World, version: ClientVersion): Promise<void> {
  const name = `reset-by-clients-${version}`;
  const settings = { useServerSideResetOffset: "false" };
  const target = await startTried(world, { name, settings });
  const { nameServerPort, kind } = target;
  try {
    const wanted = ["reset-live", "reset-offline"];
    await mustSuite(world, { name, version, form: "JSON", nameServerPort, kind, wanted });
  } finally {
    await target.kill();
  }
}

/** Groups that are sent elsewhere by their own clients. */
export function askingGroup(world: World): Group {
  const all = CLIENTS.map((version): [string, Play] => [version, () => byClients(world, version)]);
  return plays("reset-by-clients", new Map(all));
}
