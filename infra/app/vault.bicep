// Optional: the secrets live in a vault, and the app settings hold references to them.
param name string
param location string
param tags object

@description('Object id of the identity that may read the secrets.')
param principalId string

@secure()
param bookingSecret string

@secure()
param altchaHmacKey string

@secure()
param turnstileSecret string

var keyVaultSecretsUser = '4633458b-17de-408a-a874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    enablePurgeProtection: true // whoever takes over an account that may delete the vault cannot destroy the secrets
  }
}

resource booking 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'booking-secret'
  properties: {
    value: bookingSecret
    contentType: 'text/plain'
  }
}

resource altcha 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (!empty(altchaHmacKey)) {
  parent: vault
  name: 'altcha-hmac-key'
  properties: {
    value: altchaHmacKey
    contentType: 'text/plain'
  }
}

resource turnstile 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (!empty(turnstileSecret)) {
  parent: vault
  name: 'turnstile-secret'
  properties: {
    value: turnstileSecret
    contentType: 'text/plain'
  }
}

resource mayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, keyVaultSecretsUser)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
  }
}

// References carry no secret: they name the place where the platform finds it.
var reference = '@Microsoft.KeyVault(VaultName=${vault.name};SecretName='
output bookingReference string = '${reference}booking-secret)'
output altchaReference string = '${reference}altcha-hmac-key)'
output turnstileReference string = '${reference}turnstile-secret)'
