/** What an application may import. Every name says in its own comment what it does, refuses and throws. */

export {
  type Answered,
  answer,
  type HeaderFields,
  type Media,
  media,
  type RawAnswer,
  type RawPayload,
  raw,
} from './access/answer.js';
export {
  accountOwner,
  currentSession,
  currentUser,
  optionalUser,
  requireActiveUser,
} from './access/current-user.js';
export { type Access, defineAccess } from './access/define-access.js';
export {
  type Dependency,
  type DependencyOptions,
  dependency,
  fromRequest,
  guard,
  type Needs,
} from './access/dependency.js';
export type { RouteRow } from './access/gate.js';
export { headers, params, query, rawBody } from './access/inputs.js';
export { clientAddress } from './access/origin.js';
export type { GuardHook, Resolved } from './access/recipe.js';
export { requirePermission } from './access/require-permission.js';
export { requireAdmin, requireRole } from './access/require-role.js';
export { requireScope } from './access/require-scope.js';
export type { ReadOptions, ReadRoute, RouteLimit, WriteOptions, WriteRoute } from './access/route.js';
export type { Account, Role, RoleName } from './accounts/account.js';
export type { Permission } from './accounts/permissions.js';
export type { RouteGroup } from './app.js';
export { ConfigurationError, InvalidInput, type Issue, Refusal, type RefusalCode } from './base/errors.js';
export { Secret } from './base/secret.js';
export type { AccountEventName } from './flows/account-hooks.js';
export type { AccountChange, AccountHappening } from './library/account-events.js';
export type { AccountLookup } from './library/account-lookup.js';
export {
  type AccountRouteGroup,
  type AccountsOptions,
  accounts,
  type Sallyport,
} from './library/controls/accounts.js';
export type { Control, ControlOptions } from './library/controls/control.js';
export { type DocsGateOptions, docsGate } from './library/controls/docs-gate.js';
export { errorDoor } from './library/controls/error-door.js';
export {
  type CorsOptions,
  cors,
  type ExceptOptions,
  requireHttps,
  securityHeaders,
  trustedHosts,
} from './library/controls/http-controls.js';
export { requestLimit } from './library/controls/request-limit.js';
export { type SecureServerOptions, secureServer } from './library/controls/secure-server.js';
export { createSecureApp } from './library/create-secure-app.js';
export type { SecureAppOptions, SettingOverrides } from './library/options.js';
export type { OwnStore, OwnTransactionOptions } from './library/own-store.js';
export type { ListenOptions, SecureApp } from './library/secure-app.js';
export type { OpenedSession, SessionOptions, Sessions } from './library/sessions.js';
export { type LoadedSettings, type LoadOptions, loadSettings } from './settings/load-settings.js';
export { SettingsRefused } from './settings/refusals.js';
export type { Settings } from './settings/settings.js';
export type { Vault } from './settings/vault.js';
export { type AccountsTable, type OwnQuery, sql } from './store/own-query.js';
