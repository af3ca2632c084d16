import { describeCollectorReconciler } from "../../support/collector-reconciler-suite.ts";
import { controlPlaneBackend } from "../../support/control-plane-backend.ts";

describeCollectorReconciler("a real control plane, under the shipped role", controlPlaneBackend);
