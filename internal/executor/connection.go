package executor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/crypto/ssh"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/internal/atomicfile"
	"github.com/fargate-operator/fargate-operator/internal/sshrun"
)

const (
	// connectionPrefix and connectionSuffix enclose the attempt's id in the name
	// of a connection file.
	connectionPrefix, connectionSuffix = "fargate-", ".json"
	// connectionFormat marks a file as ours.
	connectionFormat = "fargate-operator/connection"
	// connectionVersion is the version of the layout that this program writes,
	// and the only one that it reads.
	connectionVersion = 1
	// maxConnectionSize is the most that is read, in bytes: the file may be
	// anything.
	maxConnectionSize = 64 << 10
)

// connection is what the stages of one attempt pass to each other, in a file
// that only the runner's user can read. It has no address until the task is
// ready, and no private key after a cleanup that failed.
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
	// Lost says in a word why the task no longer answers, once a stage has
	// reported that in full.
	Lost string `json:"lost,omitempty"`
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

// readConnection fails with fs.ErrNotExist if there is no file. Every other
// error is a sentence that names the file.
func readConnection(path string) (*connection, error) {
	file, err := atomicfile.Open(path, os.O_RDONLY)
	if errors.Is(err, atomicfile.ErrIrregular) {
		return nil, &foreignError{path, atomicfile.ErrIrregular}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the connection file, check that its owner is the user that gitlab-runner runs as: %w", err)
	}
	defer func() { _ = file.Close() }()
	if err := atomicfile.CheckOwn(file); err != nil {
		return nil, &foreignError{path, err}
	}
	return parseConnection(path, file)
}

// parseConnection reads an open connection file, whoever may have written it.
func parseConnection(path string, file io.Reader) (*connection, error) {
	data, err := io.ReadAll(io.LimitReader(file, maxConnectionSize))
	if err != nil {
		return nil, fmt.Errorf("reading the connection file %s: %w", path, err)
	}
	c := &connection{}
	if err := json.Unmarshal(data, c); err != nil {
		return nil, fmt.Errorf("%w: %s: run the cleanup stage, which can still delete its job, then retry the job: %w", errDamaged, path, err)
	}
	switch {
	case c.Format != connectionFormat || c.Name == "":
		return nil, fmt.Errorf("%s is not a connection file of this program: move it away, or set [TaskMetadata] Directory to a directory that only the executor uses", path)
	case c.Version != connectionVersion:
		return nil, fmt.Errorf("the connection file %s has version %d and this program reads version %d: let all stages of a job use the same version of this program, then retry the job",
			path, c.Version, connectionVersion)
	}
	return c, nil
}

// foreignError says that somebody has put something in the place of a
// connection file: what it says may not be followed.
type foreignError struct {
	path string
	err  error
}

func (e *foreignError) Error() string {
	return fmt.Sprintf("the connection file %s %v, so it is not what the prepare stage wrote: find out who replaced it, run the cleanup stage, which can still delete its job, then retry the job", e.path, e.err)
}

// isUnusable is true if there is a connection file that does not say which job
// it is of.
func isUnusable(err error) bool {
	var foreign *foreignError
	return errors.Is(err, errDamaged) || errors.As(err, &foreign)
}

// errDamaged says that a connection file has been cut off or overwritten.
var errDamaged = errors.New("the connection file is damaged")

// createConnection writes a new file. It never overwrites one: the job that it
// names would be lost.
func createConnection(path string, c *connection) error {
	err := c.write(path, atomicfile.Create)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("the connection file %s already exists: another prepare stage of this attempt is running or was killed, run the cleanup stage, then retry the job", path)
	}
	return err
}

// replaceConnection overwrites the file, unless a cleanup stage has removed it
// in the meantime: there would be no other cleanup.
func replaceConnection(path string, c *connection) error {
	err := c.write(path, atomicfile.Update)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the connection file %s is gone: a cleanup stage of this attempt ran before prepare finished, retry the job", path)
	}
	return err
}

// forgetKey takes the private key out of the file, and removes its drafts, which
// have it too. The rest is enough to find the job.
func forgetKey(path string, c *connection) error {
	c.PrivateKey = ""
	err := writeConnection(path, c)
	if drafts := atomicfile.RemoveDrafts(path); drafts != nil {
		err = errors.Join(err, cannotRemove(drafts))
	}
	return err
}

// writeConnection writes the file, whether or not it exists.
func writeConnection(path string, c *connection) error { return c.write(path, atomicfile.Replace) }

func (c *connection) write(path string, write func(path string, data []byte) error) error {
	data, err := json.Marshal(c)
	if err == nil {
		err = write(path, data)
	}
	if err != nil {
		return fmt.Errorf("cannot write the connection file %s: make sure that its directory exists, has space and is writable by the user that gitlab-runner runs as (uid %d): %w",
			path, os.Getuid(), err)
	}
	return nil
}

// removeConnection removes the file and its drafts, if they exist.
func removeConnection(path string) error {
	if err := atomicfile.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cannotRemove(err)
	}
	return nil
}

func cannotRemove(err error) error {
	return fmt.Errorf("cannot remove the connection file, which holds a private key, remove it by hand: %w", err)
}
