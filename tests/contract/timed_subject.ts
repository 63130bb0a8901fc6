import assert from "node:assert/strict";

/** Something under test that does its work as time goes by. */
export interface TimedSubject {
  /** Lets a little time go by. */
  pass(): Promise<void>;
}

/** Lets time go by until `condition` holds. */
export async function until(subject: TimedSubject, condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 2_000; tries++) {
    if (condition()) return;
    await subject.pass();
  }
  assert.fail(`never: ${condition}`);
}

/** Lets time go by until `promise` is settled. */
export async function settled<T>(subject: TimedSubject, promise: Promise<T>): Promise<T> {
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  promise.then(done, done);
  await until(subject, () => isDone);
  return await promise;
}
