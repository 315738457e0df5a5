package containers

// ImageConfig is what the image of a service says of itself, as its registry knows
// it.
type ImageConfig struct {
	Entrypoint, Command []string
	// TCPPorts are those that it exposes. It need not listen there.
	TCPPorts []uint16
}

// configOf is that of the service at a position, nil if it is not known: its
// registry could not be asked.
func configOf(images []*ImageConfig, position int) *ImageConfig {
	if position >= len(images) {
		return nil
	}
	return images[position]
}
