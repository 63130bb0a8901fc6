/** Real processes need real waits: the one file here that sleeps. */
export function pause(ms: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, ms));
}

/** Asks again and again until there is an answer; throws what `otherwise` says at the end. */
export async function until<Answer>(
  limitMs: number,
  ask: () => Promise<Answer | undefined> | Answer | undefined,
  otherwise: () => string,
): Promise<Answer> {
  const end = performance.now() + limitMs;
  while (true) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`after ${limitMs} ms: ${otherwise()}`);
    await pause(10);
  }
}

/** What `promise` gives, if it does so in time. */
export async function within<Result>(
  limitMs: number,
  promise: Promise<Result>,
  otherwise: () => string,
): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`after ${limitMs} ms: ${otherwise()}`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
