package gitlab

// ConfigOutput is what the config stage prints as JSON on its standard output.
// A key that is left out keeps the runner's own setting.
type ConfigOutput struct {
	// BuildsDir and CacheDir are folders in the task. They must be set here or
	// in the runner's config.toml.
	BuildsDir string `json:"builds_dir,omitempty"`
	CacheDir  string `json:"cache_dir,omitempty"`
	// Hostname is shown in the job log as where the job runs.
	Hostname string `json:"hostname,omitempty"`
	// Driver is shown in the job log.
	Driver *Driver `json:"driver,omitempty"`
	// Shell is bash, sh, pwsh or powershell.
	Shell string `json:"shell,omitempty"`
}

// Driver names the program that the custom executor calls.
type Driver struct {
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
}
