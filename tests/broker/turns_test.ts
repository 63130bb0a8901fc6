import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "../../lib/broker/turns.ts";
import { FakeLink } from "./fake_link.ts";

test("Clients take turns, from round to round; those that are gone or full are passed over", () => {
  const links = [new FakeLink(), new FakeLink(), new FakeLink()];
  const turns = new Turns((group) => group === "g" ? links : []);
  const ids = (count: number) => {
    return Array.from({ length: count }, () => {
      const link = turns.next("g", 0);
      return typeof link === "string" ? link : links.findIndex(({ id }) => id === link.id);
    });
  };
  assert.deepEqual(ids(4), [0, 1, 2, 0]);
  turns.begin();
  assert.deepEqual(ids(2), [1, 2]);
  links[0].isWritable = false;
  assert.deepEqual(ids(3), [1, 2, 1]);
  links[2].close();
  assert.deepEqual(ids(2), [1, 1]);
  links[1].close();
  links[0].close();
  assert.deepEqual(ids(1), ["none"]);
  assert.equal(turns.next("h", 0), "none");
});

test("A group whose clients are all full is waited for, for a second of a round", () => {
  const link = new FakeLink();
  const turns = new Turns(() => [link]);
  link.isWritable = false;
  assert.equal(turns.next("g", 0), "full");
  assert.equal(turns.next("g", 999), "full");
  link.isWritable = true;
  assert.equal(turns.next("g", 999), link);
  link.isWritable = false;
  assert.equal(turns.next("g", 1000), "full");
  assert.equal(turns.next("g", 2000), "none");
  link.isWritable = true;
  assert.equal(turns.next("g", 2001), "none");
  turns.begin();
  assert.equal(turns.next("g", 2002), link);
});

test("Clients that come are seen, and groups without number take no room", () => {
  const links: FakeLink[] = [];
  const turns = new Turns(() => links);
  assert.equal(turns.next("g", 0), "none");
  links.push(new FakeLink());
  for (let at = 0; at < 5000; at++) turns.next(`g${at}`, 0);
  assert.equal(turns.next("g", 0), links[0]);
});
