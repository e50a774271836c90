/* generator.c - plays Asterisk's side of FastAGI sessions, cheaply enough to measure a fast server.
 *
 * usage: generator PORT AT_ONCE SECONDS FILE
 *
 * FILE holds environments one behind the other, each ended by its blank line. Each session takes
 * the next one, connects to PORT on loopback, writes the environment line by line as Asterisk does
 * (res_agi.c writes each line by itself), answers every line that comes with a success, and is
 * over when the server ends the connection; then it says HANGUP, as Asterisk does even to a closed
 * socket. AT_ONCE sessions are open at any time (closed loop). It ends with the file, or stops
 * beginning sessions after SECONDS, and prints one line of JSON. What the figures mean is left to
 * `generator.py`, which writes the file, compiles this and reads the line.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MOST_AT_ONCE 1024
#define PATIENCE_S 5.0 /* a session that takes longer has failed */

struct session {
    int fd; /* -1: free */
    int sent, asked;
    double began;
    const char *from, *to; /* its environment */
};

static struct session sessions[MOST_AT_ONCE];
static struct sockaddr_in server = {.sin_family = AF_INET};
static const char *next_byte, *last_byte;
static double *times_us;
static long ended, failed, began_count;
static int poll_fd;

static void give_up(const char *why) {
    fprintf(stderr, "generator: %s: %s\n", why, strerror(errno));
    exit(1);
}

static double now_s(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void end(struct session *one, int well) {
    if (well)
        times_us[ended++] = (now_s() - one->began) * 1e6;
    else
        failed++;
    send(one->fd, "HANGUP\n", 7, MSG_NOSIGNAL | MSG_DONTWAIT);
    close(one->fd);
    one->fd = -1;
}

/* Begin a session; return 0 where the file is used up. */
static int begin(struct session *one) {
    const char *stop = NULL;
    struct epoll_event wanted = {.events = EPOLLOUT, .data.ptr = one};
    if (next_byte < last_byte)
        stop = memmem(next_byte, (size_t)(last_byte - next_byte), "\n\n", 2);
    if (stop == NULL)
        return 0;
    one->from = next_byte;
    one->to = next_byte = stop + 2;
    one->sent = one->asked = 0;
    one->began = now_s();
    one->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (one->fd < 0)
        give_up("socket");
    began_count++;
    if (connect(one->fd, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS)
        end(one, 0);
    else if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, one->fd, &wanted))
        give_up("epoll_ctl");
    return 1;
}

static void write_environment(struct session *one) {
    struct epoll_event wanted = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = one};
    const char *line = one->from;
    while (line < one->to) {
        const char *stop = memchr(line, '\n', (size_t)(one->to - line));
        size_t length = (size_t)(stop + 1 - line);
        if (send(one->fd, line, length, MSG_NOSIGNAL) != (ssize_t)length) {
            end(one, 0);
            return;
        }
        line = stop + 1;
    }
    one->sent = 1;
    if (epoll_ctl(poll_fd, EPOLL_CTL_MOD, one->fd, &wanted))
        give_up("epoll_ctl");
}

static void go_on(struct session *one) {
    static const char reply[] = "200 result=0\n";
    char data[8192];
    ssize_t got;
    if (!one->sent) {
        write_environment(one);
        return;
    }
    got = recv(one->fd, data, sizeof data, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        end(one, got == 0 && one->asked);
        return;
    }
    for (ssize_t at = 0; at < got; at++) {
        if (data[at] != '\n')
            continue;
        one->asked = 1;
        if (send(one->fd, reply, sizeof reply - 1, MSG_NOSIGNAL) < 0) {
            end(one, 0);
            return;
        }
    }
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double quantile(double share) {
    long at = (long)(share * (double)ended);
    return ended ? times_us[at < ended ? at : ended - 1] : 0.0;
}

static void play(int at_once, double limit_s) {
    struct epoll_event ready[MOST_AT_ONCE];
    double start = now_s(), last_look = start;
    int open_now = 0, more = 1;
    for (int place = 0; place < at_once; place++)
        sessions[place].fd = -1;
    while (more || open_now) {
        double now = now_s();
        int found;
        more = more && now - start < limit_s;
        open_now = 0;
        for (int place = 0; place < at_once; place++) {
            if (sessions[place].fd < 0 && more)
                more = begin(&sessions[place]);
            if (sessions[place].fd >= 0)
                open_now++;
        }
        if (now - last_look > 1.0) {
            last_look = now;
            for (int place = 0; place < at_once; place++)
                if (sessions[place].fd >= 0 && now - sessions[place].began > PATIENCE_S)
                    end(&sessions[place], 0);
        }
        if (!open_now)
            break;
        found = epoll_wait(poll_fd, ready, MOST_AT_ONCE, 500);
        for (int place = 0; place < found; place++) {
            struct session *one = ready[place].data.ptr;
            if (one->fd >= 0)
                go_on(one);
        }
    }
}

int main(int count, char **words) {
    struct stat file;
    struct rusage used;
    double start, took, cpu;
    int fd, at_once;
    if (count != 5)
        return 2;
    server.sin_port = htons((uint16_t)atoi(words[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at_once = atoi(words[2]);
    if (at_once < 1 || at_once > MOST_AT_ONCE)
        return 2;
    fd = open(words[4], O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &file) || file.st_size == 0)
        give_up(words[4]);
    next_byte = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (next_byte == MAP_FAILED)
        give_up("mmap");
    last_byte = next_byte + file.st_size;
    /* No environment is shorter than that. */
    times_us = malloc(sizeof *times_us * ((size_t)file.st_size / 16 + 1));
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (times_us == NULL || poll_fd < 0)
        give_up("start");
    start = now_s();
    play(at_once, atof(words[3]));
    took = now_s() - start;
    getrusage(RUSAGE_SELF, &used);
    cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
          (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    qsort(times_us, (size_t)ended, sizeof *times_us, ascending);
    printf("{\"sessions\": %ld, \"failed\": %ld, \"seconds\": %.6f, \"cpu_s\": %.6f, "
           "\"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f}\n",
           began_count, failed, took, cpu, quantile(0.5), quantile(0.9), quantile(0.99),
           quantile(1.0));
    return 0;
}
