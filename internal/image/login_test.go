package image

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const password = "correct-horse"

// asking is a class with a user name and a password for every registry.
type asking struct {
	identity string
	login    Login
	err      error
}

func (a asking) Identity(Name) string                       { return a.identity }
func (a asking) Login(context.Context, Name) (Login, error) { return a.login, a.err }

// basic demands a user name and a password.
func (g *testRegistry) basic(w http.ResponseWriter, r *http.Request) bool {
	if user, given, _ := r.BasicAuth(); user == "robot" && given == password {
		return false
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
	return answerJSON(http.StatusUnauthorized, "UNAUTHORIZED", "who are you? you sent "+r.Header.Get("Authorization"))(w, r)
}

// bearer demands a token, which its realm gives to those who have a password.
func (g *testRegistry) bearer(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path == "/token" {
		if user, given, _ := r.BasicAuth(); user != "robot" || given != password {
			return answerJSON(http.StatusUnauthorized, "UNAUTHORIZED", "incorrect username or password "+given)(w, r)
		}
		token := base64.StdEncoding.EncodeToString([]byte(r.URL.Query().Get("scope")))
		return answerWith(http.StatusOK, "application/json", fmt.Sprintf(`{"token":%q}`, token))(w, r)
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if scope, err := base64.StdEncoding.DecodeString(token); err == nil && strings.HasPrefix(string(scope), "repository:group/app:pull") {
		return false
	}
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="https://%s/token",service="registry"`, r.Host))
	return answerJSON(http.StatusUnauthorized, "UNAUTHORIZED", "authentication required")(w, r)
}

func TestLook_RegistryDemandsLogin_OnlyTheRightOneFinds(t *testing.T) {
	t.Parallel()
	for name, demand := range map[string]func(*testRegistry) fault{
		"basic":  func(g *testRegistry) fault { return g.basic },
		"bearer": func(g *testRegistry) fault { return g.bearer },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := startRegistry(t)
			g.push("group/app:1", newImage(t, amd64, v1.Config{}))
			g.breakWith(demand(g))
			r := g.client()
			look := func(c Credentials) error {
				_, err := r.Look(t.Context(), Query{Image: g.host() + "/group/app:1", Platform: LinuxAMD64, Credentials: c})
				return err
			}
			if err := look(asking{identity: "right", login: NewLogin("robot", password)}); err != nil {
				t.Error(err)
			}
			wantFault(t, look(nil), Denied, "it is not public: UNAUTHORIZED")
			err := look(asking{identity: "wrong", login: NewLogin("robot", "battery-staple")})
			wantFault(t, err, Denied, "does not let the class' credentials read it: UNAUTHORIZED")
			encoded := base64.StdEncoding.EncodeToString([]byte("robot:battery-staple"))
			if strings.Contains(err.Error(), "battery") || strings.Contains(err.Error(), encoded) {
				t.Errorf("%v has the password", err)
			}
		})
	}
}

func TestLook_CredentialsCannotBeRead_SaysWhoseFaultItIs(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	r := g.client()
	for name, test := range map[string]struct {
		err    error
		reason Reason
		want   string
	}{
		"known":   {&Error{Reason: Denied, Problem: "the secret does not exist", Fix: "create it"}, Denied, "the secret does not exist (create it)"},
		"unknown": {errors.New("no answer"), RegistryUnavailable, "the credentials for its registry cannot be read (an administrator finds the cause in the controller's log)"},
	} {
		_, err := r.Look(t.Context(), Query{Image: g.host() + "/app", Credentials: asking{identity: name, err: test.err}})
		wantFault(t, err, test.reason, test.want)
		if name == "unknown" && faultOf(err).Detail != "no answer" {
			t.Errorf("the log has %s", faultOf(err).Detail)
		}
	}
	if asked := g.asked(); len(asked) > 0 {
		t.Errorf("the registry was asked: %v", asked)
	}
}

func TestLook_DeniedToALoginForLooks_SaysNothingAboutTheImage(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	g.breakWith(answerJSON(http.StatusForbidden, "DENIED", "not authorized to perform: ecr:BatchGetImage"))
	login := NewLogin("AWS", password).ForLooks()
	_, err := g.client().Look(t.Context(), Query{Image: g.host() + "/app", Platform: LinuxAMD64, Credentials: asking{login: login}})
	wantFault(t, err, RegistryUnavailable, "does not let the controller read it: DENIED: not authorized to perform: ecr:BatchGetImage")
}

// The certificate of httptest is also one for *.example.com.
func TestLook_AnotherHostAnswers_OnlyTheLogHasItsWords(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	g.push("app:1", newImage(t, amd64, v1.Config{}))
	g.breakWith(func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case strings.HasPrefix(r.Host, "storage.example.com"):
			if sent := r.Header.Get("Authorization"); sent != "" {
				t.Errorf("another host got %s", sent)
			}
			return answerJSON(http.StatusNotFound, "UNKNOWN", "foreign words of "+r.Host)(w, r)
		case strings.Contains(r.URL.Path, "/blobs/"):
			if r.Header.Get("Authorization") == "" {
				t.Error("the registry got no password")
			}
			http.Redirect(w, r, "https://storage.example.com/v2/a/blobs/b?signature=hidden", http.StatusTemporaryRedirect)
			return true
		default:
			return g.basic(w, r)
		}
	})
	r := g.client()
	r.routes.straight.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, g.host())
	}
	_, err := r.Look(t.Context(), Query{
		Image: "registry.example.com/app:1", Platform: LinuxAMD64, Credentials: asking{login: NewLogin("robot", password)},
	})
	wantFault(t, err, NotFound, "it answers with the status 404 Not Found and says no more")
	if strings.Contains(err.Error(), "foreign") || strings.Contains(err.Error(), "hidden") {
		t.Errorf("%v repeats what another host says", err)
	}
	if detail := faultOf(err).Detail; !strings.Contains(detail, "foreign words of storage.example.com") || strings.Contains(detail, "hidden") {
		t.Errorf("the log has %s", detail)
	}
}

func TestLogin_Scrub_TakesAwayWhatWasSent(t *testing.T) {
	t.Parallel()
	encoded := base64.StdEncoding.EncodeToString([]byte("robot:" + password))
	for said, want := range map[string]string{
		"you sent Bearer eyJhbGciOiJ9.e30=": "you sent Bearer [redacted]",
		"you sent Basic " + encoded:         "you sent Basic [redacted]",
		"no: " + encoded + ", " + password:  "no: [redacted], [redacted]",
		"a bearer token is missing":         "a bearer token is missing",
	} {
		if got := NewLogin("robot", password).scrub(said); got != want {
			t.Errorf("%q: got %q", said, got)
		}
	}
}

func TestLogin_Detail_HasNoURLAndNoAnswer(t *testing.T) {
	t.Parallel()
	err := errors.New(`Get "https://a.example.com/?signature=x": no token in bearer response: https://b.example.com/?signature=x Bearer eyJhbGciOiJ9.e30=` + "\n" + `{"token":"x"}`)
	if got, want := (Login{}).detail(err), "Get […]: no token in bearer response: […] Bearer [redacted]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLogin_Printed_ShowsNoPassword(t *testing.T) {
	t.Parallel()
	login := NewLogin("robot", password)
	within := struct{ hidden Login }{login}
	encoded, err := json.Marshal(struct{ Login Login }{login})
	if err != nil {
		t.Fatal(err)
	}
	for _, printed := range []string{
		fmt.Sprint(login), fmt.Sprintf("%v %+v %#v %s %q", login, login, login, login, login),
		fmt.Sprintf("%+v %#v", within, within), fmt.Sprintf("%+v %#v", &login, &within), string(encoded),
	} {
		if strings.Contains(printed, password) || strings.Contains(printed, "robot") {
			t.Errorf("printed %s", printed)
		}
	}
	if got := fmt.Sprint(Login{}); got != "nobody" {
		t.Errorf("the zero Login is %s", got)
	}
}
