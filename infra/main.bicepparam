// azd puts its environment (`azd env set NAME value`) into the process before it reads this file.
using './main.bicep'

// Without a default the compiler stops where the variable is missing, with its name. The hook before provisioning
// (infra/scripts/before-provision.sh) stops earlier, and says how to set it; it makes the secrets itself.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param bookingBusinesses = readEnvironmentVariable('BOOKING_BUSINESSES')
param bookingSecret = readEnvironmentVariable('BOOKING_SECRET')

// These may be empty.
param altchaHmacKey = readEnvironmentVariable('ALTCHA_HMAC_KEY', '')
param turnstileSecret = readEnvironmentVariable('TURNSTILE_SECRET', '')
param turnstileSiteKey = readEnvironmentVariable('TURNSTILE_SITE_KEY', '')
param corsAllowedOrigins = readEnvironmentVariable('CORS_ALLOWED_ORIGINS', '')
param allowedReturnOrigins = readEnvironmentVariable('ALLOWED_RETURN_ORIGINS', '')
param frameAncestors = readEnvironmentVariable('FRAME_ANCESTORS', '')
param limits = readEnvironmentVariable('LIMITS', '')
param ignoredFormFields = readEnvironmentVariable('IGNORED_FORM_FIELDS', '')
param publicBaseUrl = readEnvironmentVariable('PUBLIC_BASE_URL', '')
param alertEmail = readEnvironmentVariable('ALERT_EMAIL', '')
param actionGroupIds = readEnvironmentVariable('ACTION_GROUP_IDS', '')

// These may not. A pipeline passes what nobody has set as an empty text, for which the second argument of
// readEnvironmentVariable does not stand in, so each takes its default here. A value read from the environment has its
// own text as its type; `any` and `json` take the type away where the template lists the values that it takes, which
// the deployment then checks. `int` would give a number of any size, and the compiler refuses that for a list.
var graphCloudGiven = readEnvironmentVariable('GRAPH_CLOUD', '')
param graphCloud = any(empty(graphCloudGiven) ? 'global' : graphCloudGiven)

var graphFeaturesGiven = readEnvironmentVariable('GRAPH_FEATURES', '')
param graphFeatures = any(empty(graphFeaturesGiven) ? 'book' : graphFeaturesGiven)

var humanCheckGiven = readEnvironmentVariable('HUMAN_CHECK', '')
param humanCheck = any(empty(humanCheckGiven) ? 'altcha' : humanCheckGiven)

var microsoftManageLinkGiven = readEnvironmentVariable('MICROSOFT_MANAGE_LINK', '')
param microsoftManageLink = any(empty(microsoftManageLinkGiven) ? 'off' : microsoftManageLinkGiven)

var requireConsentGiven = readEnvironmentVariable('REQUIRE_CONSENT', '')
param requireConsent = any(empty(requireConsentGiven) ? 'page' : requireConsentGiven)

// A JSON object, for settings that seldom change, such as {"LOCK_WAIT_SECONDS": "5"}.
var extraAppSettingsGiven = readEnvironmentVariable('EXTRA_APP_SETTINGS', '')
param extraAppSettings = json(empty(extraAppSettingsGiven) ? '{}' : extraAppSettingsGiven)

var pythonVersionGiven = readEnvironmentVariable('PYTHON_VERSION', '')
param pythonVersion = any(empty(pythonVersionGiven) ? '3.13' : pythonVersionGiven)

var instanceMemoryMBGiven = readEnvironmentVariable('INSTANCE_MEMORY_MB', '')
param instanceMemoryMB = json(empty(instanceMemoryMBGiven) ? '2048' : instanceMemoryMBGiven)

var maximumInstanceCountGiven = readEnvironmentVariable('MAXIMUM_INSTANCE_COUNT', '')
param maximumInstanceCount = int(empty(maximumInstanceCountGiven) ? '40' : maximumInstanceCountGiven)

var perInstanceConcurrencyGiven = readEnvironmentVariable('PER_INSTANCE_CONCURRENCY', '')
param perInstanceConcurrency = int(empty(perInstanceConcurrencyGiven) ? '32' : perInstanceConcurrencyGiven)

var alwaysReadyHttpGiven = readEnvironmentVariable('ALWAYS_READY_HTTP', '')
param alwaysReadyHttp = int(empty(alwaysReadyHttpGiven) ? '0' : alwaysReadyHttpGiven)

var vnetEnabledGiven = readEnvironmentVariable('VNET_ENABLED', '')
param vnetEnabled = bool(empty(vnetEnabledGiven) ? 'false' : vnetEnabledGiven)

var keyVaultEnabledGiven = readEnvironmentVariable('KEY_VAULT_ENABLED', '')
param keyVaultEnabled = bool(empty(keyVaultEnabledGiven) ? 'false' : keyVaultEnabledGiven)
