/** What a pool holds: it can be given back, or closed. */
interface Closable {
  close(): Promise<void>;
}

/** Lends out connections, each to one at a time; whoever finds none waits. */
export interface WorkerPool<Worker> {
  use<Result>(work: (worker: Worker) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** Connections opened when they are needed, at most `size` of them. One that failed is closed, not used again. */
export function workerPool<Worker extends Closable>(size: number, open: () => Promise<Worker>): WorkerPool<Worker> {
  const idle: Worker[] = [];
  const waiting: (() => void)[] = [];
  let busy = 0;
  return {
    async use(work) {
      while (busy >= size) await new Promise<void>((free) => waiting.push(free));
      busy += 1;
      try {
        const connection = idle.pop() ?? (await open());
        try {
          const result = await work(connection);
          idle.push(connection);
          return result;
        } catch (error) {
          await connection.close();
          throw error;
        }
      } finally {
        busy -= 1;
        waiting.shift()?.();
      }
    },
    close: async () => {
      await Promise.all(idle.splice(0).map((connection) => connection.close()));
    },
  };
}
