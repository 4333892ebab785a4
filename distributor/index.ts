/** The door of the room. Everything here is pure: `cmd/` calls it where requests are admitted and decoded. */
export { authenticate, type AuthenticateSettings } from './authenticate.ts'
export { distributorConfig, type DistributorConfig } from './config.ts'
export { chooseWorker } from './home.ts'
export { applyLimits, limitsOf, type Limited, type TenantLimits } from './limits.ts'
export { partitionOf, subsetOf } from './route.ts'
