import { Router } from "express";
import { addApiRoutes } from "./api/operations.ts";
import { addDebugRoutes } from "./debug/allocation-routes.ts";
import type { Page } from "./debug/page.ts";
import type { EncodedCache } from "./encoded-cache.ts";
import { addShareRoutes, RECEIVER_PATH, receiverRoutes } from "./receiver-routes.ts";
import type { ServedAllocation, ServedScrapeConfigs } from "./served-allocation.ts";

export interface AllocationRouterOptions {
  readonly allocation: ServedAllocation;
  /** What is allocated for, such as `shop/web`; unique among those that share the cache. */
  readonly title: string;
  /** What stands above the allocation's pages. */
  readonly trail: Page["trail"];
  readonly cache: EncodedCache;
  /** Whether `/scrape_configs` serves secrets in clear, asked at each request. */
  readonly revealSecrets: () => boolean;
  /** Whether collectors are to notice there that a secret was replaced. @default false */
  readonly noticeRotation?: boolean;
}

/** Everything that one allocation serves, the same wherever it is mounted. */
export function allocationRouter(options: AllocationRouterOptions): Router {
  const { allocation, title, trail, cache, revealSecrets, noticeRotation = false } = options;
  const inClear = noticeRotation ? "noticeable" : "clear";
  const router = Router({ caseSensitive: true });
  addDebugRoutes(router, { allocation, title, trail });
  const secrets = (): keyof ServedScrapeConfigs => (revealSecrets() ? inClear : "masked");
  const shares = { allocation, cache, slot: title, secrets };
  addShareRoutes(router, shares);
  router.use(RECEIVER_PATH, receiverRoutes(shares));
  addApiRoutes(router, allocation);
  return router;
}
