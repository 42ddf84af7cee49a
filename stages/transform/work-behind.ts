/** Work that goes on while whoever began it does something else: here, files compressed while the engine maps. */
export interface WorkBehind<Owner> {
  /** Begins `work` once what its owner began before has ended, and does not wait for it. */
  begin(owner: Owner, work: () => Promise<void>): void;
  /** Waits for what an owner began; throws what failed of it. */
  caughtUp(owner: Owner): Promise<void>;
  /** Waits for everything; throws what failed first. */
  done(): Promise<void>;
  /** Waits for everything, whether it fails or not: afterwards nothing runs any more. */
  ended(): Promise<void>;
}

/** Each owner's work is done one piece at a time; what comes after a piece that failed fails like it, without beginning. */
export function workBehind<Owner>(): WorkBehind<Owner> {
  const latest = new Map<Owner, Promise<void>>();
  return {
    begin(owner, work) {
      const begun = (latest.get(owner) ?? Promise.resolve()).then(work);
      // It is waited for later: an error must not count as unhandled until then.
      begun.catch(() => {});
      latest.set(owner, begun);
    },
    caughtUp: async (owner) => latest.get(owner),
    done: async () => {
      await Promise.all(latest.values());
    },
    ended: async () => {
      await Promise.allSettled(latest.values());
    },
  };
}
