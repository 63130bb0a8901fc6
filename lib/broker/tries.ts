/** MQVersion V3_4_9: from it on a client says how often it wants a message tried again. */
const VERSION_3_4_9 = 121;

/** How often the client itself wants a message tried again; undefined: as its group says. */
export function ownTries(
  said: { readonly version: number; readonly maxReconsumeTimes?: number },
): number | undefined {
  return said.version >= VERSION_3_4_9 ? said.maxReconsumeTimes : undefined;
}
