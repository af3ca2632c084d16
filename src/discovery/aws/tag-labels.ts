import type { LabelValues } from "../flat-group.ts";
import { mapLabels } from "../label-text.ts";

/** A tag as most APIs of AWS have it. */
export interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** Labels of tags that have both a key and a value: `<prefix><sanitised key>`. */
export function tagLabels(prefix: string, tags: readonly Tag[] = []): LabelValues {
  return mapLabels(
    prefix,
    tags.flatMap(({ Key, Value }) => (Key === undefined || Value === undefined ? [] : [[Key, Value] as const])),
  );
}
