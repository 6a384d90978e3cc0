// The account that Functions needs anyway: host state, the deployed package, and the facade's tables.
param name string
param location string
param tags object
param packageContainerName string

@description('Whether the account answers outside the virtual network.')
param publicNetworkAccess bool

@description('The tables of the facade (shared/tables).')
param tableNames string[] = [
  'bookingsidempotency'
  'bookingslocks'
  'bookingscustomers'
  'bookingsledger'
  'bookingsrows'
  'bookingscounters'
  'bookingsonce'
  'bookingserasures'
  'bookingsboards'
]

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false // identities only: there is no connection string to leak
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicNetworkAccess ? 'Enabled' : 'Disabled'
    networkAcls: {
      defaultAction: publicNetworkAccess ? 'Allow' : 'Deny'
      bypass: 'None'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
}

resource packages 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobs
  name: packageContainerName
  properties: { publicAccess: 'None' }
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-01-01' = {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-01-01' = [
  for table in tableNames: {
    parent: tableService
    name: table
  }
]

output name string = account.name
output tableEndpoint string = account.properties.primaryEndpoints.table
