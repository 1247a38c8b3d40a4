// Server: the public surface of `@ingam/server`.

export {
  type AdminClient,
  AdminClientError,
  type AdminClientOptions,
  createAdminClient,
} from './admin-client.ts'
export { createHandler, type Handler, type HandlerOptions } from './app.ts'
export {
  type ChainReport,
  type ChainVerifier,
  type ChainVerifierOptions,
  createChainVerifier,
  type Finding,
} from './audit/verify.ts'
export type { ServiceConfig } from './config/contract.ts'
export { type LoadConfigOptions, loadConfig } from './config/load.ts'
export { type CheckConfigOptions, type CheckLine, checkConfig } from './host/check.ts'
export { type RunningService, type StartServiceOptions, startService } from './host/start.ts'
export { createKeyEncryptionKeyFile } from './keys/secret.ts'
export { type ServeOptions, type ServiceSignal, serve } from './main.ts'
export { compilePolicy, policyDigest } from './policy/compile.ts'
export { diffPolicies, type PolicyDiff } from './policy/diff.ts'
export { explainDecision } from './policy/explain.ts'
export { factsOf } from './policy/facts.ts'
export { resolvePolicyFiles } from './policy/files.ts'
export { parsePolicy } from './policy/parse.ts'
export type { PolicyDocument } from './policy/schema.ts'
export { type PolicyTestResult, type PolicyTestRun, runPolicyTests } from './policy/tests.ts'
export { policyWarnings } from './policy/warnings.ts'
export type { RouteEntry } from './routes/entry.ts'
export type { Peer, Service } from './service.ts'
export { ServiceError, type ServiceErrorCode, serviceCodes } from './service-error.ts'
export { backupState } from './stores/backup-state.ts'
export { type RestoreOptions, type RestoreResult, restoreBackup } from './stores/restore.ts'
