import { describeTargetAllocators } from "../../support/target-allocator-suite.ts";
import { inMemoryBackend } from "../../support/in-memory-backend.ts";

describeTargetAllocators("the in-memory cluster", inMemoryBackend);
