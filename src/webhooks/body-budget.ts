/** The bytes that one request holds. */
export interface BodyHold {
  /** Whether there is room for so many more. They are held only if there is. */
  readonly take: (bytes: number) => boolean;
  /** Gives back all that was taken. */
  readonly release: () => void;
}

/** How many bytes of bodies are held at the same time, whoever sends them: anybody who reaches the port can send some. */
export class BodyBudget {
  readonly #maxBytes: number;
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** For one request. */
  open(): BodyHold {
    let taken = 0;
    return {
      take: (bytes) => {
        if (this.#heldBytes + bytes > this.#maxBytes) return false;
        this.#heldBytes += bytes;
        taken += bytes;
        return true;
      },
      release: () => {
        this.#heldBytes -= taken;
        taken = 0;
      },
    };
  }
}
