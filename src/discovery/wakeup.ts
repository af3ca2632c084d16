/** A flag that one loop waits for. Raising it before or while the loop works makes the next wait return at once. */
export class Wakeup {
  #raised = false;
  #resume: (() => void) | undefined;

  notify(): void {
    this.#raised = true;
    this.#resume?.();
  }

  /**
   * Resolves in a later turn of the event loop than the first notification since the last wait, so that everything
   * that one turn brings is joined; or when the signal is aborted. One waiter at a time.
   */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#raised && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const resume = (): void => {
          signal.removeEventListener("abort", resume);
          this.#resume = undefined;
          resolve();
        };
        this.#resume = resume;
        signal.addEventListener("abort", resume);
      });
    }
    if (signal.aborted) return;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    this.#raised = false;
  }
}
