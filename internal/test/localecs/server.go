package localecs

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
)

// Server is a running local ECS. Its methods may be called concurrently.
type Server struct {
	config   Config
	url      string
	http     *http.Server
	dir      string
	ownsDir  bool
	network  *network
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
	policies map[string]*iam.Policy
}

const readHeaderTimeout = 10 * time.Second

// Start starts a server. The caller must Close it.
func Start(config Config) (*Server, error) {
	config = config.withDefaults()
	network, err := newNetwork(config.Subnets, config.SecurityGroups)
	if err != nil {
		return nil, err
	}
	dir, ownsDir, err := workDir(config.Dir)
	if err != nil {
		return nil, err
	}
	listener, err := listenLoopback(config.Listen)
	if err != nil {
		if ownsDir {
			err = errors.Join(err, os.RemoveAll(dir))
		}
		return nil, err
	}
	s := &Server{
		config:   config,
		url:      "http://" + listener.Addr().String(),
		dir:      dir,
		ownsDir:  ownsDir,
		network:  network,
		faults:   newFaults(),
		calls:    newCallCounter(),
		throttle: newThrottle(config.Throttle),
		closing:  make(chan struct{}),
		served:   make(chan error, 1),
		clusters: make(map[string]*cluster),
		families: make(map[string][]*revision),
		policies: make(map[string]*iam.Policy),
	}
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: readHeaderTimeout}
	go func() { s.served <- s.http.Serve(listener) }()
	return s, nil
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
	if s.ownsDir {
		err = errors.Join(err, os.RemoveAll(s.dir))
	}
	if err != nil {
		return fmt.Errorf("closing the local ECS: %w", err)
	}
	return nil
}
