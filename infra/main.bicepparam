// azd puts its environment (`azd env set NAME value`) into the process before it reads this file.
using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', '')
param location = readEnvironmentVariable('AZURE_LOCATION', '')

param bookingBusinesses = readEnvironmentVariable('BOOKING_BUSINESSES', '')
param graphCloud = readEnvironmentVariable('GRAPH_CLOUD', 'global')

// infra/scripts/before-provision.sh makes the two secrets once and keeps them in the azd environment.
param bookingSecret = readEnvironmentVariable('BOOKING_SECRET', '')
param altchaHmacKey = readEnvironmentVariable('ALTCHA_HMAC_KEY', '')

param humanCheck = readEnvironmentVariable('HUMAN_CHECK', 'altcha')
param turnstileSecret = readEnvironmentVariable('TURNSTILE_SECRET', '')
param turnstileSiteKey = readEnvironmentVariable('TURNSTILE_SITE_KEY', '')

param corsAllowedOrigins = readEnvironmentVariable('CORS_ALLOWED_ORIGINS', '')
param allowedReturnOrigins = readEnvironmentVariable('ALLOWED_RETURN_ORIGINS', '')
param frameAncestors = readEnvironmentVariable('FRAME_ANCESTORS', '')

// A JSON object, for settings that seldom change, such as {"LOCK_WAIT_SECONDS": "5"}.
param extraAppSettings = json(readEnvironmentVariable('EXTRA_APP_SETTINGS', '{}'))

param pythonVersion = readEnvironmentVariable('PYTHON_VERSION', '3.13')
param instanceMemoryMB = int(readEnvironmentVariable('INSTANCE_MEMORY_MB', '2048'))
param maximumInstanceCount = int(readEnvironmentVariable('MAXIMUM_INSTANCE_COUNT', '40'))
param perInstanceConcurrency = int(readEnvironmentVariable('PER_INSTANCE_CONCURRENCY', '32'))
param alwaysReadyHttp = int(readEnvironmentVariable('ALWAYS_READY_HTTP', '0'))

param vnetEnabled = bool(readEnvironmentVariable('VNET_ENABLED', 'false'))
param keyVaultEnabled = bool(readEnvironmentVariable('KEY_VAULT_ENABLED', 'false'))
param alertEmail = readEnvironmentVariable('ALERT_EMAIL', '')
param actionGroupIds = readEnvironmentVariable('ACTION_GROUP_IDS', '')
