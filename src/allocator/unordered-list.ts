/** Something that is in at most one list. */
export interface ListMember {
  /** Its position there; written by the list alone. */
  listIndex: number;
}

/** Members in no particular order, of which each can be taken out without a look at the others. */
export class UnorderedList<Member extends ListMember> {
  readonly #members: Member[] = [];

  /** Do not add or remove while reading. */
  get members(): readonly Member[] {
    return this.#members;
  }

  /** Takes in a member of no list. */
  add(member: Member): void {
    member.listIndex = this.#members.length;
    this.#members.push(member);
  }

  /** Lets a member go; the last one takes its position. */
  remove(member: Member): void {
    const last = this.#members.pop();
    if (last === undefined || last === member) return;
    this.#members[member.listIndex] = last;
    last.listIndex = member.listIndex;
  }
}
