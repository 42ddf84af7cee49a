import type { OpenOptions } from "../../open-target.js";
import { type Connection, connect } from "../connection.js";

/**
 * The sessions of one target: `main` holds the locks and runs whatever is one transaction; others come and go with the
 * work that is spread over them.
 */
export interface Sessions {
  readonly main: Connection;
  /**
   * Works on every item, up to `jobs` at a time, each worker over a session of its own. The first failure keeps further
   * items from being begun; it is thrown once the work under way has ended.
   */
  each<Item>(
    items: readonly Item[],
    jobs: number,
    work: (connection: Connection, item: Item) => Promise<void>,
  ): Promise<void>;
  /** Ends all sessions. Never throws. */
  close(): Promise<void>;
}

/** Opens the first session of a target. Throws "unreachable". */
export async function openSessions(url: string, options: OpenOptions): Promise<Sessions> {
  const main = await connect(url, options);
  return {
    main,
    each: async (items, jobs, work) => {
      const waiting = [...items];
      let failed = false;
      const worker = async () => {
        const connection = await connect(url, options);
        try {
          for (let item = waiting.shift(); item !== undefined && !failed; item = waiting.shift()) {
            await work(connection, item);
          }
        } catch (error) {
          failed = true;
          throw error;
        } finally {
          await connection.close();
        }
      };
      const ended = await Promise.allSettled(Array.from({ length: Math.min(jobs, items.length) }, worker));
      const failure = ended.find((one) => one.status === "rejected");
      if (failure !== undefined) throw failure.reason;
    },
    close: () => main.close(),
  };
}
