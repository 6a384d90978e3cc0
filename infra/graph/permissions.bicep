// Application permissions of the facade's identity on Microsoft Graph, least privilege by feature.
// A step of its own: whoever deploys it needs rights in the directory, not in the subscription.
// The nearest bicepconfig.json is the one beside this file; it brings the extension.
extension microsoftGraphV1

@description('Object id (principal id) of the identity that calls Microsoft Graph.')
param principalId string

@allowed(['read', 'book', 'cancel'])
@description('read: slots only; book: bookings too; cancel: cancellations too, with the mail to the customer.')
param features string = 'book'

// App role ids of Microsoft Graph; they are the same in every tenant.
var bookingsReadAll = '6e98f277-b046-4193-a4f2-6bf6a78cd491'
var bookingsAppointmentReadWriteAll = '9769393e-5a9f-4302-9e3d-7e018ecb64a7'
var bookingsReadWriteAll = '0c4b2d20-7919-468d-8668-c54b09d4dee8'

var appRolesOf = {
  read: [bookingsReadAll]
  book: [bookingsReadAll, bookingsAppointmentReadWriteAll]
  cancel: [bookingsReadWriteAll]
}

resource graph 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: '00000003-0000-0000-c000-000000000000'
}

resource grants 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for appRoleId in appRolesOf[features]: {
    appRoleId: appRoleId
    principalId: principalId
    resourceId: graph.id
  }
]

output appRoleIds array = appRolesOf[features]
