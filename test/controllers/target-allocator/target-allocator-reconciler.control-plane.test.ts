import { describeTargetAllocators } from "../../support/target-allocator-suite.ts";
import { controlPlaneBackend } from "../../support/control-plane-backend.ts";

describeTargetAllocators("a real control plane, under the shipped role", controlPlaneBackend);
