import assert from "node:assert/strict";
import { test } from "node:test";
import { type NearTimer, NearTimers } from "../../lib/broker/near_timers.ts";

function timer(wake: number, state: NearTimer["state"]): NearTimer {
  return { wake, kind: 1, position: wake * 10, size: 1, state };
}

test("A page that was read while timers were saved brings none of them twice", () => {
  const near = new NearTimers();
  near.take([timer(10, "saved"), timer(20, "saved")], 2);
  for (const state of ["saving", "saved", "new"] as const) {
    near.push(timer({ saving: 30, saved: 40, new: 50 }[state], state));
  }
  near.take([timer(25, "saved"), timer(30, "saved"), timer(40, "saved")], 3);
  const came: number[] = [];
  for (let first = near.first(); first !== undefined; first = near.first()) {
    came.push(first.wake);
    near.pop();
  }
  assert.deepEqual(came, [10, 20, 25, 30, 40], "50 is behind the horizon");
  near.take([], 3);
  assert.equal(near.first()?.wake, 50);
});
