import { expect, it } from "vitest";
import { workBehind } from "../../../stages/transform/work-behind.js";

const aMoment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

it("an owner's work is begun without waiting and done one piece at a time, that of others meanwhile", async () => {
  const behind = workBehind<string>();
  const events: string[] = [];
  const piece = (name: string) => async () => {
    events.push(`${name} begins`);
    await aMoment();
    events.push(`${name} ends`);
  };

  behind.begin("a", piece("a1"));
  behind.begin("a", piece("a2"));
  behind.begin("b", piece("b1"));
  const atOnce = [...events];
  await behind.caughtUp("a");

  expect(atOnce).toEqual([]);
  expect(events.filter((event) => event.startsWith("a"))).toEqual(["a1 begins", "a1 ends", "a2 begins", "a2 ends"]);
  expect(events.indexOf("b1 begins")).toBeLessThan(events.indexOf("a1 ends"));
});

it("what failed is told to whoever waits, and what its owner began after it is not begun", async () => {
  const behind = workBehind<string>();
  let later = false;
  behind.begin("a", async () => {
    await aMoment();
    throw new Error("disk full");
  });
  behind.begin("a", async () => {
    later = true;
  });
  // Nobody waits yet: an error that counts as unhandled would end the process here.
  await aMoment();
  await aMoment();

  await expect(behind.caughtUp("a")).rejects.toThrow("disk full");
  await expect(behind.done()).rejects.toThrow("disk full");
  await expect(behind.caughtUp("b")).resolves.toBeUndefined();
  expect(later).toBe(false);
});

it("after a failure nothing runs any more once everything has ended", async () => {
  const behind = workBehind<string>();
  let running = true;
  behind.begin("a", async () => {
    throw new Error("disk full");
  });
  behind.begin("b", async () => {
    await aMoment();
    running = false;
  });

  await behind.ended();

  expect(running).toBe(false);
});
