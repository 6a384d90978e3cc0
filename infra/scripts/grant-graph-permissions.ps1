# Grants the identity its application permissions on Microsoft Graph. Safe to run again: what is there stays.
# Needs `az login` as somebody who may write app role assignments, for example a Privileged Role Administrator.
param(
    [Parameter(Mandatory)] [guid] $PrincipalId,
    [ValidateSet('read', 'book', 'cancel')] [string] $Features = 'book',
    [ValidateSet('global', 'usgov', 'dod')] [string] $GraphCloud = 'global'
)
$ErrorActionPreference = 'Stop'

$wanted = @{
    read   = @('6e98f277-b046-4193-a4f2-6bf6a78cd491')
    book   = @('6e98f277-b046-4193-a4f2-6bf6a78cd491', '9769393e-5a9f-4302-9e3d-7e018ecb64a7')
    cancel = @('0c4b2d20-7919-468d-8668-c54b09d4dee8')
}[$Features]
$graph = @{
    global = 'https://graph.microsoft.com'
    usgov  = 'https://graph.microsoft.us'
    dod    = 'https://dod-graph.microsoft.us'
}[$GraphCloud]

# The token comes from the Azure CLI, the calls from PowerShell: so no JSON passes through a command line.
$token = az account get-access-token --resource "$graph/" --query accessToken --output tsv
if ($LASTEXITCODE -ne 0) { throw 'az account get-access-token failed: run az login first' }
$headers = @{ Authorization = "Bearer $token" }
$assignments = "$graph/v1.0/servicePrincipals/$PrincipalId/appRoleAssignments"

$granted = (Invoke-RestMethod -Headers $headers -Uri $assignments).value.appRoleId
$resource = (Invoke-RestMethod -Headers $headers `
        -Uri "$graph/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')").id
foreach ($role in $wanted) {
    if ($granted -contains $role) { "granted already: $role"; continue }
    $body = @{ principalId = "$PrincipalId"; resourceId = $resource; appRoleId = $role } | ConvertTo-Json
    Invoke-RestMethod -Method Post -Headers $headers -Uri $assignments -ContentType 'application/json' -Body $body | Out-Null
    "granted: $role"
}
