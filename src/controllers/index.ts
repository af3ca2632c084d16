export {
  DONE,
  TerminalError,
  type ReconcileContext,
  type Reconciler,
  type Request,
  type Result,
} from "./runtime/reconciler.ts";
