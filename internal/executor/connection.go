package executor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/crypto/ssh"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/internal/sshrun"
)

const (
	// connectionFormat marks a file as ours.
	connectionFormat = "fargate-operator/connection"
	// connectionVersion is the layout that this program writes and the only
	// one that it reads.
	connectionVersion = 1
	// maxConnectionSize bounds what is read of a file that may be anything.
	maxConnectionSize = 64 << 10
)

// connection is what the stages of one attempt hand on to each other, in a
// file that only the runner's user can read. Before the task is ready it has
// no address; after a clean-up that failed it has no private key any more.
type connection struct {
	Format     string `json:"format"`
	Version    int    `json:"version"`
	Namespace  string `json:"namespace"`
	Name       string `json:"name"`
	PrivateKey string `json:"privateKey,omitempty"` // OpenSSH PEM
	Host       string `json:"host,omitempty"`
	Port       int    `json:"port,omitempty"`
	User       string `json:"user,omitempty"`
	HostKey    string `json:"hostKey,omitempty"` // authorized_keys line
}

func newConnection(job types.NamespacedName, privateKey []byte) *connection {
	return &connection{
		Format:     connectionFormat,
		Version:    connectionVersion,
		Namespace:  job.Namespace,
		Name:       job.Name,
		PrivateKey: string(privateKey),
	}
}

// job names the FargateJob.
func (c *connection) job() types.NamespacedName {
	return types.NamespacedName{Namespace: c.Namespace, Name: c.Name}
}

// pin records where the task is and which host key it has.
func (c *connection) pin(target sshrun.Target, hostKey ssh.PublicKey) {
	c.Host, c.Port, c.User = target.Host, target.Port, target.User
	c.HostKey = string(ssh.MarshalAuthorizedKey(hostKey))
}

// target is the task's SSH server with its pinned host key.
func (c *connection) target() (sshrun.Target, error) {
	if c.HostKey == "" {
		return sshrun.Target{}, errors.New("it has no address: the prepare stage did not finish")
	}
	key, err := ssh.ParsePrivateKey([]byte(c.PrivateKey))
	if err != nil {
		return sshrun.Target{}, fmt.Errorf("its private key is damaged: %w", err)
	}
	hostKey, _, _, _, err := ssh.ParseAuthorizedKey([]byte(c.HostKey))
	if err != nil {
		return sshrun.Target{}, fmt.Errorf("its host key is damaged: %w", err)
	}
	return sshrun.Target{Host: c.Host, Port: c.Port, User: c.User, Key: key, HostKey: hostKey}, nil
}

// readConnection fails with fs.ErrNotExist if there is no file, and with a
// sentence that names the file for every other cause.
func readConnection(path string) (*connection, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the connection file, check that its owner is the user that gitlab-runner runs as: %w", err)
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxConnectionSize))
	if err != nil {
		return nil, fmt.Errorf("cannot read the connection file %s: %w", path, err)
	}
	c := &connection{}
	if err := json.Unmarshal(data, c); err != nil {
		return nil, fmt.Errorf("the connection file %s is damaged: %s: %w", path, adviceDamaged, err)
	}
	switch {
	case c.Format != connectionFormat || c.Name == "" || c.Namespace == "":
		return nil, fmt.Errorf("%s is not a connection file of this program: move it away, or set [TaskMetadata] Directory to a directory of the executor's own", path)
	case c.Version != connectionVersion:
		return nil, fmt.Errorf("the connection file %s has version %d and this program reads version %d: let all stages of a job use the same version of this program, then retry the job",
			path, c.Version, connectionVersion)
	}
	return c, nil
}

const adviceDamaged = "delete the job's FargateJob (kubectl get fargatejobs) and the file, then retry the job"

// writeConnection replaces the file in one step, so that no reader ever sees
// half of it. Only the owner can read it.
func writeConnection(path string, c *connection) error {
	if err := replaceFile(path, c); err != nil {
		return fmt.Errorf("cannot write the connection file %s: make sure that its directory exists, has space and is writable for the user that gitlab-runner runs as (uid %d): %w",
			path, os.Getuid(), err)
	}
	return nil
}

func replaceFile(path string, c *connection) error {
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	// CreateTemp opens with mode 0600 and O_EXCL.
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// removeConnection removes the file if there is one.
func removeConnection(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot remove the connection file, which holds a private key, remove it by hand: %w", err)
	}
	return nil
}
