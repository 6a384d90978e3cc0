// The function app on the Flex Consumption plan (one app per plan).
param name string
param planName string
param location string
param tags object
param pythonVersion string
param instanceMemoryMB int
param maximumInstanceCount int
param perInstanceConcurrency int
param alwaysReadyHttp int
param identityId string
param identityClientId string
param storageAccountName string
param packageContainerName string
param componentName string

@description('Subnet for outgoing traffic; empty: no virtual network.')
param subnetId string

@description('Comma separated origins that a browser may call from.')
param corsAllowedOrigins string

param bookingBusinesses string
param graphCloud string
param graphFeatures string
param humanCheck string
param turnstileSiteKey string
param allowedReturnOrigins string
param frameAncestors string
param limits string
param ignoredFormFields string
param publicBaseUrl string
param microsoftManageLink string
param requireConsent string
param extraAppSettings object

@secure()
param bookingSecret string

@secure()
param altchaHmacKey string

@secure()
param turnstileSecret string

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: { reserved: true }
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'api' }) // azd finds the app of the service `api` by this tag
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      cors: {
        // The host answers preflights itself, so the allowed origins have to be known here. It compares them letter by
        // letter, so a space after a comma would close the door to that origin. The hook before provisioning refuses
        // what never matches for another reason.
        allowedOrigins: empty(corsAllowedOrigins) ? [] : split(replace(corsAllowedOrigins, ' ', ''), ',')
        supportCredentials: false
      }
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${account.properties.primaryEndpoints.blob}${packageContainerName}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: pythonVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyHttp > 0 ? [{ name: 'http', instanceCount: alwaysReadyHttp }] : []
        triggers: {
          http: { perInstanceConcurrency: perInstanceConcurrency }
        }
      }
    }
  }
}

var appSettings = {
  AzureWebJobsStorage__blobServiceUri: account.properties.primaryEndpoints.blob
  AzureWebJobsStorage__queueServiceUri: account.properties.primaryEndpoints.queue
  AzureWebJobsStorage__tableServiceUri: account.properties.primaryEndpoints.table
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: component.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  AzureWebJobsDisableHomepage: 'true' // else the host shows Microsoft's page at /
  BOOKING_BUSINESSES: bookingBusinesses
  GRAPH_CLOUD: graphCloud
  GRAPH_FEATURES: graphFeatures
  GRAPH_CREDENTIAL: 'managed_identity'
  AZURE_CLIENT_ID: identityClientId
  STORE: 'tables'
  TABLES_ENDPOINT: account.properties.primaryEndpoints.table
  BOOKING_SECRET: bookingSecret
  HUMAN_CHECK: humanCheck
  ALTCHA_HMAC_KEY: altchaHmacKey
  TURNSTILE_SECRET: turnstileSecret
  TURNSTILE_SITE_KEY: turnstileSiteKey
  ALLOWED_RETURN_ORIGINS: allowedReturnOrigins
  FRAME_ANCESTORS: frameAncestors
  LIMITS: limits
  IGNORED_FORM_FIELDS: ignoredFormFields
  PUBLIC_BASE_URL: publicBaseUrl
  MICROSOFT_MANAGE_LINK: microsoftManageLink
  REQUIRE_CONSENT: requireConsent
}

// This replaces the whole set: a setting that was added by hand is gone after the next deployment.
resource settings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: site
  name: 'appsettings'
  properties: union(appSettings, extraAppSettings)
}

// Written out, not looped over: the compiler wants to know the names. The API has been seen to refuse the two without a
// location, although its description has none (Azure/bicep-types-az#1526).
resource noPasswordForFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'ftp'
  location: location
  properties: { allow: false }
}

resource noPasswordForScm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'scm'
  location: location
  properties: { allow: false }
}

output name string = site.name
output baseUrl string = 'https://${site.properties.defaultHostName}/api'
