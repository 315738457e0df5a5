package localecs

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/oci"
)

// Server is a running local ECS. Its methods may be called concurrently.
type Server struct {
	config   Config
	url      string
	http     *http.Server
	dir      string
	ownsDir  bool
	network  *network
	runtime  *oci.Runtime // nil if containers are processes
	faults   *faults
	calls    *callCounter
	throttle *throttle

	// closing is closed when the server goes away; lives counts the tasks that
	// still have processes or states to go through.
	closing   chan struct{}
	closeOnce sync.Once
	lives     sync.WaitGroup
	served    chan error

	lastRunTask atomic.Pointer[ecs.RunTaskInput]
	ahead       atomic.Int64 // of config.now, in nanoseconds

	mu       sync.Mutex // guards what follows, and every task's state
	closed   bool
	clusters map[string]*cluster
	families map[string][]*revision
	// registering has the families that are getting a revision.
	registering map[string]bool
	policies    map[string]*iam.Policy
}

const readHeaderTimeout = 10 * time.Second

// Start starts a server. The caller must Close it.
func Start(config Config) (*Server, error) {
	config = config.withDefaults()
	s := &Server{
		config:      config,
		faults:      newFaults(),
		calls:       newCallCounter(),
		throttle:    newThrottle(config.Throttle),
		closing:     make(chan struct{}),
		served:      make(chan error, 1),
		clusters:    make(map[string]*cluster),
		families:    make(map[string][]*revision),
		registering: make(map[string]bool),
		policies:    make(map[string]*iam.Policy),
	}
	listener, err := s.prepare()
	if err != nil {
		return nil, errors.Join(err, s.removeFiles())
	}
	s.url = "http://" + listener.Addr().String()
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: readHeaderTimeout}
	go func() { s.served <- s.http.Serve(listener) }()
	return s, nil
}

// prepare makes what tasks need. removeFiles undoes it, also after an error.
func (s *Server) prepare() (listener net.Listener, err error) {
	from := processRange
	if s.config.Runtime == Containers {
		from = containerRange
	}
	if s.network, err = newNetwork(s.config.Subnets, s.config.SecurityGroups, from); err != nil {
		return nil, err
	}
	if s.config.Runtime == Containers {
		if err = oci.Check(); err != nil {
			return nil, err
		}
		if s.runtime, err = oci.Open(); err != nil {
			return nil, err
		}
	}
	if s.dir, s.ownsDir, err = workDir(s.config.Dir); err != nil {
		return nil, err
	}
	return listenLoopback(s.config.Listen)
}

// removeFiles removes the server's own directories.
func (s *Server) removeFiles() error {
	var problems []error
	if s.runtime != nil {
		problems = append(problems, s.runtime.Close())
	}
	if s.ownsDir {
		problems = append(problems, os.RemoveAll(s.dir))
	}
	return errors.Join(problems...)
}

// workDir makes the directory for the containers' files.
func workDir(dir string) (path string, owned bool, err error) {
	if dir != "" {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", false, fmt.Errorf("making the containers' directory: %w", err)
		}
		return dir, false, nil
	}
	path, err = os.MkdirTemp("", "localecs-")
	if err != nil {
		return "", false, fmt.Errorf("making the containers' directory: %w", err)
	}
	return path, true, nil
}

// URL returns the endpoint for ECS and EC2 clients, such as
// "http://127.0.0.1:40000". It fits AWS_ENDPOINT_URL.
func (s *Server) URL() string { return s.url }

// Close stops answering, kills all containers and returns once no process is
// left. Further calls do nothing.
func (s *Server) Close() error {
	var err error
	s.closeOnce.Do(func() { err = s.close() })
	return err
}

func (s *Server) close() error {
	s.mu.Lock()
	s.closed = true
	for _, c := range s.clusters {
		for _, t := range c.tasks {
			t.requestStop("", "The local ECS is shutting down.")
		}
	}
	s.mu.Unlock()

	close(s.closing)
	err := s.http.Close()
	if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	s.lives.Wait()
	if err = errors.Join(err, s.removeFiles()); err != nil {
		return fmt.Errorf("closing the local ECS: %w", err)
	}
	return nil
}
