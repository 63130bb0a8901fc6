/** Holds so many GiB of memory, as its argument says, until its input ends. */
const held = Array.from({ length: Number(process.argv[2]) }, () => new Uint8Array(2 ** 30).fill(1));
console.log(`holds ${held.length} GiB`);
process.stdin.on("end", () => process.exit()).resume();
