import type { Identity } from "./identity.ts";

/** Identities whose survivor or owner may have changed and is to be settled. */
export class ChangedIdentities {
  #list: Identity[] = [];

  mark(identity: Identity): void {
    if (identity.changed) return;
    identity.changed = true;
    this.#list.push(identity);
  }

  /** Hands out all that are marked, in order of marking, and forgets them. */
  take(): readonly Identity[] {
    const list = this.#list;
    this.#list = [];
    return list;
  }
}
