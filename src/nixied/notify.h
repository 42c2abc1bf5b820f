/* notify - tells systemd how the server is (sd_notify(3)), without its library */
#ifndef NIXIED_NOTIFY_H
#define NIXIED_NOTIFY_H

/* notify_supervisor - "READY=1"; nothing happens where nobody asked for it ($NOTIFY_SOCKET) */
void notify_supervisor(const char *state);

#endif
