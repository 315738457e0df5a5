package image

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
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
			wantFault(t, look(nil), Denied, "does not let everybody read it: UNAUTHORIZED")
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
		"known":   {&Error{Reason: Denied, Problem: "there is no such secret", Fix: "create it"}, Denied, "there is no such secret (create it)"},
		"unknown": {errors.New("no answer"), RegistryUnavailable, "the credentials for its registry could not be read: no answer"},
	} {
		_, err := r.Look(t.Context(), Query{Image: g.host() + "/app", Credentials: asking{identity: name, err: test.err}})
		wantFault(t, err, test.reason, test.want)
	}
	if asked := g.asked(); len(asked) > 0 {
		t.Errorf("the registry was asked: %v", asked)
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
