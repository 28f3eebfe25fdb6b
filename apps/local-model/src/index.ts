export { instant } from "./behaviour.ts";
export type { AnswerOverride, Behaviour, BehaviourChanges, Failure, Route, ToolCallOverride } from "./behaviour.ts";
export type { Calls } from "./calls.ts";
export { startLocalModel } from "./local-model.ts";
export type { LocalModel, ReceivedRequest } from "./local-model.ts";
