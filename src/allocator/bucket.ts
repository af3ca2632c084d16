/** Something that is in at most one bucket. */
export interface BucketMember {
  /** Its position there; written by the bucket alone. */
  indexInBucket: number;
}

/** All targets with one placement key, and where they go. */
export class Bucket<Member extends BucketMember, Place> {
  readonly key: string;
  readonly #members: Member[] = [];
  /** Where the members belong now; until they are settled they may still be elsewhere. */
  place: Place;

  constructor(key: string, place: Place) {
    this.key = key;
    this.place = place;
  }

  /** In no particular order. Do not add or remove while reading. */
  get members(): readonly Member[] {
    return this.#members;
  }

  /** Takes in a member of no bucket. */
  add(member: Member): void {
    member.indexInBucket = this.#members.length;
    this.#members.push(member);
  }

  /** Lets a member go; the last one takes its position. */
  remove(member: Member): void {
    const last = this.#members.pop();
    if (last === undefined || last === member) return;
    this.#members[member.indexInBucket] = last;
    last.indexInBucket = member.indexInBucket;
  }
}
