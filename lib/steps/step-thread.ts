import { Worker } from "node:worker_threads";

/** What a thread says before it loads the first step. */
export const begun = "begun";

/** Why a thread is gone before it answered. */
export class ThreadEnd extends Error {
  override readonly name = "ThreadEnd";
}

export interface StepThreadOptions {
  /** What the thread's file is given, as plain data. */
  readonly data: unknown;
  /** How long it may take for an answer. */
  readonly maxSeconds: number;
  readonly heapMegabytes: number;
}

/** A thread that runs steps: it is asked one thing at a time. It has no environment and prints nothing. */
export class StepThread {
  readonly #worker: Worker;
  readonly #options: StepThreadOptions;
  #waiting: { readonly answer: (value: unknown) => void; readonly fail: (error: Error) => void } | undefined;
  #end: Error | undefined;
  #hasBegun = false;

  constructor(entry: URL, options: StepThreadOptions) {
    this.#options = options;
    this.#worker = new Worker(entry, {
      workerData: options.data,
      // Passwords stand in the environment; what a step prints may hold values.
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: options.heapMegabytes },
    });
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.on("message", (value: unknown) => this.#settle(value));
    // Before it has begun with a step there is none to blame.
    this.#worker.on("error", (error) => this.#fail(this.#hasBegun ? endOf(error, options) : error));
    this.#worker.on("exit", () => this.#fail(new ThreadEnd("ended the thread it runs in (process.exit)")));
  }

  /** Sends a message and waits for its answer. Throws ThreadEnd when there is none in time, or never. */
  async ask<Answer>(message: unknown): Promise<Answer> {
    this.#worker.postMessage(message);
    return await this.wait<Answer>();
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  /** Waits for the next word of the thread. */
  async wait<Answer>(): Promise<Answer> {
    if (this.#end !== undefined) throw this.#end;
    const { maxSeconds } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.#waiting = { answer: resolve as (value: unknown) => void, fail: reject };
        timer = setTimeout(() => this.#fail(new ThreadEnd(`did not return within ${maxSeconds} s`)), maxSeconds * 1000);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #settle(value: unknown): void {
    if (value === begun) {
      this.#hasBegun = true;
      return;
    }
    this.#waiting?.answer(value);
    this.#waiting = undefined;
  }

  #fail(end: Error): void {
    this.#end ??= end;
    this.#waiting?.fail(this.#end);
    this.#waiting = undefined;
  }
}

/** Starts a thread and waits for its first word. */
export async function startThread<Answer>(
  entry: URL,
  options: StepThreadOptions,
): Promise<{ readonly thread: StepThread; readonly first: Answer }> {
  const thread = new StepThread(entry, options);
  try {
    return { thread, first: await thread.wait<Answer>() };
  } catch (error) {
    await thread.close();
    throw error;
  }
}

function endOf(error: NodeJS.ErrnoException, { heapMegabytes }: StepThreadOptions): ThreadEnd {
  if (error.code === "ERR_WORKER_OUT_OF_MEMORY") return new ThreadEnd(`needs more than ${heapMegabytes} MB of memory`);
  return new ThreadEnd("left an error behind that nothing caught (in a timer or a promise?)");
}
