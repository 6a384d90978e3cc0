// Log alerts. The app writes JSON lines; their member `event` says what happened (docs/deploy.md).
param componentName string
param location string
param tags object

@description('E-mail address that gets the alerts. Empty: no action group is made.')
param alertEmail string

@description('Resource ids, comma separated, of action groups that exist already.')
param actionGroupIds string

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource mail 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(alertEmail)) {
  name: 'ag-${componentName}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'bookings'
    enabled: true
    emailReceivers: [
      {
        name: 'mail'
        emailAddress: alertEmail
        useCommonAlertSchema: true
      }
    ]
  }
}

var given = empty(actionGroupIds) ? [] : split(actionGroupIds, ',')
var actionGroups = empty(alertEmail) ? given : concat(given, [mail.id])

// A booking that stays unsettled may be a customer without a confirmation, so one is enough and it stays open.
var rules = [
  {
    name: 'server-errors'
    text: 'More than 5 requests answered with 5xx in 15 minutes.'
    severity: 1
    threshold: 5
    closesItself: true
    query: 'requests | where toint(resultCode) between (500 .. 599)'
  }
  {
    name: 'booking-unsettled'
    text: 'A booking whose outcome at Microsoft Graph could not be settled. Look it up by its reference.'
    severity: 1
    threshold: 0
    closesItself: false
    query: 'traces | where message has "booking.unsettled" | extend entry = parse_json(message) | where tostring(entry.event) == "booking.unsettled"'
  }
  {
    name: 'business-unknown-zone'
    text: 'A business is closed because nobody knows its time zone. Choose one in Microsoft Bookings, or name it in BOOKING_BUSINESSES.'
    severity: 1
    threshold: 0
    closesItself: true
    query: 'traces | where message has "business.unknown-zone" | extend entry = parse_json(message) | where tostring(entry.event) == "business.unknown-zone"'
  }
  {
    name: 'business-crowded'
    text: 'A business was asked for more bookings in an hour than its ceiling. Its challenge has grown; look at its calendar.'
    severity: 2
    threshold: 0
    closesItself: true
    query: 'traces | where message has "limits.crowded" | extend entry = parse_json(message) | where tostring(entry.event) == "limits.crowded"'
  }
  {
    name: 'booking-unknown'
    text: 'More than 3 bookings in 15 minutes got no clear answer from Microsoft Graph.'
    severity: 2
    threshold: 3
    closesItself: true
    query: 'traces | where message has "booking.unknown" | extend entry = parse_json(message) | where tostring(entry.event) == "booking.unknown"'
  }
  {
    name: 'graph-throttled'
    text: 'Microsoft Graph throttled more than 20 calls in 15 minutes (4 at once per mailbox and app).'
    severity: 2
    threshold: 20
    closesItself: true
    query: 'traces | where message has "graph.throttled" | extend entry = parse_json(message) | where tostring(entry.event) == "graph.throttled"'
  }
]

resource alerts 'Microsoft.Insights/scheduledQueryRules@2021-08-01' = [
  for rule in rules: {
    name: '${componentName}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.name
      description: rule.text
      severity: rule.severity
      enabled: true
      scopes: [component.id]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      autoMitigate: rule.closesItself
      skipQueryValidation: true // the tables are empty until the first request
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: rule.threshold
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: { actionGroups: actionGroups }
    }
  }
]
