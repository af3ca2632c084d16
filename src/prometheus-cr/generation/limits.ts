import type { DataObject } from "../../allocator/index.ts";
import { given, unlessEmpty } from "../given.ts";
import type { MonitorField } from "../monitor-field.ts";
import type { LimitsSpec, ScrapeClassSpec } from "../resources.ts";
import { quantityNumber } from "./quantity.ts";

/** The keys for limits and native histograms. */
export function limitKeys(spec: LimitsSpec, field: MonitorField): DataObject {
  return given({
    sample_limit: spec.sampleLimit,
    target_limit: spec.targetLimit,
    label_limit: spec.labelLimit,
    label_name_length_limit: spec.labelNameLengthLimit,
    label_value_length_limit: spec.labelValueLengthLimit,
    keep_dropped_targets: spec.keepDroppedTargets,
    scrape_native_histograms: spec.scrapeNativeHistograms,
    native_histogram_bucket_limit: spec.nativeHistogramBucketLimit,
    native_histogram_min_bucket_factor: bucketFactor(spec, field),
    always_scrape_classic_histograms: spec.scrapeClassicHistograms,
    convert_classic_histograms_to_nhcb: spec.convertClassicHistogramsToNHCB,
  });
}

function bucketFactor(
  { nativeHistogramMinBucketFactor: quantity }: LimitsSpec,
  field: MonitorField,
): number | undefined {
  const factor = quantity === undefined ? undefined : quantityNumber(quantity);
  if (quantity !== undefined && factor === undefined) {
    field.below("nativeHistogramMinBucketFactor").report(`${JSON.stringify(quantity)} is no quantity such as 1.1`);
  }
  return factor;
}

/** The keys for what is spoken with targets; a scrape class has a say in the last resort. */
export function protocolKeys(spec: LimitsSpec, scrapeClass: ScrapeClassSpec): DataObject {
  const { scrapeProtocols = [], fallbackScrapeProtocol = scrapeClass.fallbackScrapeProtocol } = spec;
  return given({
    scrape_protocols: scrapeProtocols.length === 0 ? undefined : scrapeProtocols,
    fallback_scrape_protocol: fallbackScrapeProtocol,
  });
}

/** The key for the size of answers. */
export function bodySizeKey({ bodySizeLimit }: LimitsSpec): DataObject {
  return given({ body_size_limit: unlessEmpty(bodySizeLimit) });
}
