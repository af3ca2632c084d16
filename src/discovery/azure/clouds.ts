/** One of Microsoft's clouds, each a world of its own. */
export interface AzureCloud {
  /** Who gives tokens. */
  readonly authority: string;
  /** Where Azure Resource Manager is. */
  readonly resourceManager: string;
  /** What tokens are asked for. */
  readonly scope: string;
}

const PUBLIC: AzureCloud = {
  authority: "https://login.microsoftonline.com/",
  resourceManager: "https://management.azure.com",
  // The audience ends in a slash itself.
  scope: "https://management.core.windows.net//.default",
};
const CHINA: AzureCloud = {
  authority: "https://login.chinacloudapi.cn/",
  resourceManager: "https://management.chinacloudapi.cn",
  scope: "https://management.core.chinacloudapi.cn//.default",
};
const GOVERNMENT: AzureCloud = {
  authority: "https://login.microsoftonline.us/",
  resourceManager: "https://management.usgovcloudapi.net",
  scope: "https://management.core.usgovcloudapi.net//.default",
};

/** By what `environment` can be, in capitals. The German cloud was closed in 2021: its name stands for the public one. */
const CLOUDS: ReadonlyMap<string, AzureCloud> = new Map([
  ["AZURECHINACLOUD", CHINA],
  ["AZURECLOUD", PUBLIC],
  ["AZUREGERMANCLOUD", PUBLIC],
  ["AZUREPUBLICCLOUD", PUBLIC],
  ["AZUREUSGOVERNMENT", GOVERNMENT],
  ["AZUREUSGOVERNMENTCLOUD", GOVERNMENT],
]);

/** The cloud of an `environment`, in capitals or not. Throws when there is none of that name. */
export function cloudOf(environment: string): AzureCloud {
  const cloud = CLOUDS.get(environment.toUpperCase());
  if (cloud !== undefined) return cloud;
  throw new Error(
    `azure_sd_configs: there is no environment ${environment}; use AzurePublicCloud, AzureChinaCloud or AzureUSGovernment`,
  );
}
