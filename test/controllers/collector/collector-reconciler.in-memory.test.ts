import { describeCollectorReconciler } from "../../support/collector-reconciler-suite.ts";
import { inMemoryBackend } from "../../support/in-memory-backend.ts";

describeCollectorReconciler("the in-memory cluster", inMemoryBackend);
