// Bookings Facade: everything the function app needs, in one resource group of its own.
// The Graph permissions are a step of their own (graph/permissions.bicep): see docs/deploy.md.
targetScope = 'subscription'

@minLength(1)
@maxLength(32)
@description('Name of the azd environment; it becomes part of every resource name.')
param environmentName string

@minLength(1)
@description('Region of all resources. It must offer the Flex Consumption plan.')
param location string

@minLength(10)
@description('JSON: alias -> booking mailbox, or alias -> {mailbox, timeZone}.')
param bookingBusinesses string

@allowed(['global', 'usgov', 'dod'])
@description('The cloud whose Microsoft Graph is asked.')
param graphCloud string = 'global'

@allowed(['read', 'book', 'cancel'])
@description('What the identity may do at Microsoft Graph. The grant of the permissions follows it, and so does the app.')
param graphFeatures string = 'book'

@secure()
@minLength(32)
@description('Key of the HMAC over booking tokens and e-mail hashes. It must stay the same between deployments.')
param bookingSecret string

@allowed(['altcha', 'turnstile', 'off'])
@description('Which check keeps bots out.')
param humanCheck string = 'altcha'

@secure()
@description('HMAC key of the ALTCHA challenges. Needed when humanCheck is altcha.')
param altchaHmacKey string = ''

@secure()
@description('Secret key of Cloudflare Turnstile. Needed when humanCheck is turnstile.')
param turnstileSecret string = ''

@description('Public site key of Cloudflare Turnstile. Needed when humanCheck is turnstile.')
param turnstileSiteKey string = ''

@description('Comma separated origins whose pages may call the API from a browser (CORS).')
param corsAllowedOrigins string = ''

@description('Origins to which a form may send the visitor back after a booking.')
param allowedReturnOrigins string = ''

@description('Origins that may embed the booking page in a frame.')
param frameAncestors string = ''

@description('Changes of the limits, as JSON such as {"address": {"hour": 500}}; docs/security.md has them.')
param limits string = ''

@description('Comma separated names of form fields to ignore besides the usual ones; * stands for anything.')
param ignoredFormFields string = ''

@description('How customers reach the deployment, such as https://book.contoso.com; empty: by the host name of the app.')
param publicBaseUrl string = ''

@allowed(['off', 'service'])
@description('Whether Microsoft\'s own link to manage a booking stays in mails that bring ours: off, or as the service says.')
param microsoftManageLink string = 'off'

@allowed(['page', 'all'])
@description('Of whom consent is demanded where the shop asks for it: of the booking page\'s visitors, or of all who book.')
param requireConsent string = 'page'

@description('More app settings: name -> value.')
param extraAppSettings object = {}

@allowed([512, 2048, 4096])
@description('Memory of an instance. 2048 MB come with one core.')
param instanceMemoryMB int = 2048

@minValue(40)
@maxValue(1000)
@description('The most instances that the plan may start. 40 is the least that Azure accepts.')
param maximumInstanceCount int = 40

@minValue(1)
@maxValue(1000)
@description('HTTP requests in flight per instance. Python gets 1 where this is not set.')
param perInstanceConcurrency int = 32

@minValue(0)
@description('Instances kept warm for HTTP. 0 saves money and costs cold starts.')
param alwaysReadyHttp int = 0

@allowed(['3.13']) // the package is built for this version
@description('Python of the function app; the package must be built for the same version.')
param pythonVersion string = '3.13'

@description('Put the storage account behind private endpoints in a virtual network.')
param vnetEnabled bool = false

@description('Keep the secrets in a Key Vault and hand the app references to them.')
param keyVaultEnabled bool = false

@description('E-mail address that gets the alerts. Empty: no action group is made.')
param alertEmail string = ''

@description('Resource ids, comma separated, of action groups that exist already.')
param actionGroupIds string = ''

var token = take(toLower(uniqueString(subscription().id, environmentName, location)), 13)
var tags = { 'azd-env-name': environmentName }
var packageContainerName = 'app-package'
var functionAppName = 'func-bookings-${token}'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'app/identity.bicep' = {
  scope: group
  params: {
    name: 'id-bookings-${token}'
    location: location
    tags: tags
  }
}

module monitoring 'app/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: 'log-bookings-${token}'
    componentName: 'appi-bookings-${token}'
    location: location
    tags: tags
  }
}

module storage 'app/storage.bicep' = {
  scope: group
  params: {
    name: 'stbook${token}'
    location: location
    tags: tags
    packageContainerName: packageContainerName
    publicNetworkAccess: !vnetEnabled
  }
}

module roles 'app/roles.bicep' = {
  scope: group
  params: {
    principalId: identity.outputs.principalId
    storageAccountName: storage.outputs.name
    componentName: monitoring.outputs.componentName
  }
}

module network 'app/network.bicep' = if (vnetEnabled) {
  scope: group
  params: {
    name: 'vnet-bookings-${token}'
    location: location
    tags: tags
    storageAccountName: storage.outputs.name
  }
}

module vault 'app/vault.bicep' = if (keyVaultEnabled) {
  scope: group
  params: {
    name: 'kv-book-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    bookingSecret: bookingSecret
    altchaHmacKey: altchaHmacKey
    turnstileSecret: turnstileSecret
  }
}

module functions 'app/functions.bicep' = {
  scope: group
  params: {
    name: functionAppName
    planName: 'plan-bookings-${token}'
    location: location
    tags: tags
    pythonVersion: pythonVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    perInstanceConcurrency: perInstanceConcurrency
    alwaysReadyHttp: alwaysReadyHttp
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageAccountName: storage.outputs.name
    packageContainerName: packageContainerName
    componentName: monitoring.outputs.componentName
    subnetId: vnetEnabled ? network!.outputs.functionsSubnetId : ''
    corsAllowedOrigins: corsAllowedOrigins
    bookingBusinesses: bookingBusinesses
    graphCloud: graphCloud
    graphFeatures: graphFeatures
    humanCheck: humanCheck
    turnstileSiteKey: turnstileSiteKey
    allowedReturnOrigins: allowedReturnOrigins
    frameAncestors: frameAncestors
    limits: limits
    ignoredFormFields: ignoredFormFields
    publicBaseUrl: publicBaseUrl
    microsoftManageLink: microsoftManageLink
    requireConsent: requireConsent
    extraAppSettings: extraAppSettings
    bookingSecret: keyVaultEnabled ? vault!.outputs.bookingReference : bookingSecret
    altchaHmacKey: keyVaultEnabled && !empty(altchaHmacKey) ? vault!.outputs.altchaReference : altchaHmacKey
    turnstileSecret: keyVaultEnabled && !empty(turnstileSecret) ? vault!.outputs.turnstileReference : turnstileSecret
  }
  dependsOn: [roles] // without its roles the host cannot read its own storage and does not start
}

module alerts 'app/alerts.bicep' = {
  scope: group
  params: {
    componentName: monitoring.outputs.componentName
    location: location
    tags: tags
    alertEmail: alertEmail
    actionGroupIds: actionGroupIds
  }
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_NAME string = functions.outputs.name
output API_BASE_URL string = functions.outputs.baseUrl
output AZURE_IDENTITY_ID string = identity.outputs.id
output AZURE_IDENTITY_CLIENT_ID string = identity.outputs.clientId
output AZURE_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output STORAGE_ACCOUNT_NAME string = storage.outputs.name
output TABLES_ENDPOINT string = storage.outputs.tableEndpoint
output APPLICATIONINSIGHTS_NAME string = monitoring.outputs.componentName
