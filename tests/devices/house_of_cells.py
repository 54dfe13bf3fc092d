"""A device for each kind in each dialect that offers it, with what it is told or tells, message by message."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import JsonValue

from hubd.devices.model import Device, Dialect, Kind

Messages = dict[str, str]


@dataclass(frozen=True)
class Step:
    """What is asked, what is sent for it, what the device then reports, what is known then.

    arguments: besides the device; None: nothing is asked. confirms: whether the report confirms the command.
    """

    arguments: dict[str, JsonValue] | None
    sent: Messages
    reported: Messages = field(default_factory=dict)
    known: dict[str, JsonValue] = field(default_factory=dict)
    confirms: bool = True


def device(dialect: Dialect, kind: Kind, options: dict[str, object]) -> Device:
    """Return a device with an id of its own."""
    name = f"{dialect} {kind}"
    return Device.model_validate(
        {"id": name.replace("-", "_").replace(" ", "_"), "name": name, "kind": kind, "dialect": dialect, **options}
    )


def on_off(  # noqa: PLR0913, PLR0917 - two messages, each with its report
    topic: str, on: str, off: str, reports: str, reported_on: str, reported_off: str
) -> list[Step]:
    """Return the two steps of what is switched."""
    return [
        Step({"on": True}, {topic: on}, {reports: reported_on}, {"on": True}),
        Step({"on": False}, {topic: off}, {reports: reported_off}, {"on": False}),
    ]


def heard(topic: str, payload: str, **known: JsonValue) -> Step:
    """Return a step in which nothing is asked."""
    return Step(None, {}, {topic: payload}, known)


Cells = dict[tuple[Dialect, Kind], tuple[dict[str, object], list[Step]]]
_ALL = ["brightness", "color", "color_temperature", "effect"]

ZIGBEE: Cells = {
    (Dialect.ZIGBEE2MQTT, Kind.LIGHT): (
        {"topic": "z/lamp", "features": _ALL, "effects": ["colorloop"]},
        [
            *on_off("z/lamp/set", '{"state":"ON"}', '{"state":"OFF"}', "z/lamp", '{"state":"ON"}', '{"state":"OFF"}'),
            Step(
                {"brightness": 30},
                {"z/lamp/set": '{"state":"ON","brightness":76}'},
                {"z/lamp": '{"state":"ON","brightness":77}'},
                {"on": True, "brightness": 77 / 254 * 100},
            ),
            Step(
                {"color": "Red"},
                {"z/lamp/set": '{"state":"ON","color":{"hex":"#FF0000"}}'},
                {"z/lamp": '{"state":"ON","color":{"x":0.7006,"y":0.2993}}'},
                {"color": "red"},
            ),
            Step(
                {"color": "blue"},
                {"z/lamp/set": '{"state":"ON","color":{"hex":"#0000FF"}}'},
                {"z/lamp": '{"state":"ON","color":{"hue":240,"saturation":100,"x":0.1,"y":0.1}}'},
                {"color": "blue"},
            ),
            Step(
                {"color": "warm white", "brightness": 50},
                {"z/lamp/set": '{"state":"ON","brightness":127,"color_temp":370}'},
                {"z/lamp": '{"state":"ON","brightness":127,"color_temp":370}'},
                {"color_temperature": 2703},
            ),
            Step(
                {"color_temperature": 4000},
                {"z/lamp/set": '{"state":"ON","color_temp":250}'},
                {"z/lamp": '{"state":"ON","color_temp":250}'},
                {"color_temperature": 4000},
            ),
            Step(
                {"effect": "colorloop"},
                {"z/lamp/set": '{"state":"ON","effect":"colorloop"}'},
                {"z/lamp": '{"state":"ON","effect":"colorloop"}'},
                {"effect": "colorloop"},
            ),
        ],
    ),
    (Dialect.ZIGBEE2MQTT, Kind.SWITCH): (
        {"topic": "z/plug", "endpoint": "left"},
        on_off(
            "z/plug/set",
            '{"state_left":"ON"}',
            '{"state_left":"OFF"}',
            "z/plug",
            '{"state_left":"ON"}',
            '{"state_left":"OFF"}',
        ),
    ),
    (Dialect.ZIGBEE2MQTT, Kind.COVER): (
        {"topic": "z/blind"},
        [
            Step(
                {"action": "open"},
                {"z/blind/set": '{"state":"OPEN"}'},
                {"z/blind": '{"state":"OPEN","position":100}'},
                {"state": "open", "position": 100},
            ),
            Step(
                {"action": "open"},
                {"z/blind/set": '{"state":"OPEN"}'},
                {"z/blind": '{"state":"OPEN","position":40}'},
                {"position": 40},
                confirms=False,
            ),
            Step(
                {"action": "close"},
                {"z/blind/set": '{"state":"CLOSE"}'},
                {"z/blind": '{"state":"CLOSE","position":0}'},
                {"state": "closed", "position": 0},
            ),
            Step(
                {"action": "stop"},
                {"z/blind/set": '{"state":"STOP"}'},
                {"z/blind": '{"state":"OPEN","position":40}'},
                {"position": 40},
            ),
            Step(
                {"position": 40}, {"z/blind/set": '{"position":40}'}, {"z/blind": '{"position":41}'}, {"position": 41}
            ),
        ],
    ),
    (Dialect.ZIGBEE2MQTT, Kind.LOCK): (
        {"topic": "z/door"},
        [
            Step(
                {"locked": True},
                {"z/door/set": '{"state":"LOCK"}'},
                {"z/door": '{"state":"LOCK","lock_state":"locked"}'},
                {"state": "locked"},
            ),
            Step(
                {"locked": True},
                {"z/door/set": '{"state":"LOCK"}'},
                {"z/door": '{"state":"LOCK","lock_state":"not_fully_locked"}'},
                {"state": "jammed"},
                confirms=False,
            ),
            Step(
                {"locked": False},
                {"z/door/set": '{"state":"UNLOCK"}'},
                {"z/door": '{"state":"UNLOCK"}'},
                {"state": "unlocked"},
            ),
        ],
    ),
    (Dialect.ZIGBEE2MQTT, Kind.CLIMATE): (
        {"topic": "z/trv", "key": "occupied_heating_setpoint", "modes": ["off", "heat", "auto"]},
        [
            Step(
                {"temperature": 21.5},
                {"z/trv/set": '{"occupied_heating_setpoint":21.5}'},
                {"z/trv": '{"occupied_heating_setpoint":21.5,"local_temperature":19.8}'},
                {"temperature": 21.5, "current_temperature": 19.8},
            ),
            Step(
                {"mode": "Auto"},
                {"z/trv/set": '{"system_mode":"auto"}'},
                {"z/trv": '{"system_mode":"auto"}'},
                {"mode": "auto"},
            ),
        ],
    ),
    (Dialect.ZIGBEE2MQTT, Kind.FAN): (
        {"topic": "z/fan"},
        [
            *on_off("z/fan/set", '{"state":"ON"}', '{"state":"OFF"}', "z/fan", '{"state":"ON"}', '{"state":"OFF"}'),
            Step(
                {"speed": 50},
                {"z/fan/set": '{"state":"ON","fan_mode":"medium"}'},
                {"z/fan": '{"state":"ON","fan_mode":"medium"}'},
                {"speed": 200 / 3},
            ),
        ],
    ),
    (Dialect.ZIGBEE2MQTT, Kind.SCENE): (
        {"topic": "z/hall", "scene": 4},
        [Step({}, {"z/hall/set": '{"scene_recall":4}'})],
    ),
    (Dialect.ZIGBEE2MQTT, Kind.GROUP): (
        {"topic": "z/all"},
        on_off("z/all/set", '{"state":"ON"}', '{"state":"OFF"}', "z/all", '{"state":"ON"}', '{"state":"OFF"}'),
    ),
    (Dialect.ZIGBEE2MQTT, Kind.SENSOR): (
        {"topic": "z/room", "key": "temperature", "unit": "°C"},
        [
            heard("z/room", '{"temperature":21.5,"humidity":40}', value=21.5),
            heard("z/room", '{"temperature":22}', value=22),
        ],
    ),
    (Dialect.ZIGBEE2MQTT, Kind.BINARY_SENSOR): (
        {"topic": "z/window", "device_class": "window"},
        [heard("z/window", '{"contact":true}', on=False), heard("z/window", '{"contact":false}', on=True)],
    ),
    (Dialect.ZIGBEE2MQTT, Kind.VALVE): (
        {"topic": "z/water"},
        [
            Step(
                {"action": "open"}, {"z/water/set": '{"state":"ON"}'}, {"z/water": '{"state":"ON"}'}, {"state": "open"}
            ),
            Step(
                {"action": "close"},
                {"z/water/set": '{"state":"OFF"}'},
                {"z/water": '{"state":"OFF"}'},
                {"state": "closed"},
            ),
        ],
    ),
}

TASMOTA: Cells = {
    (Dialect.TASMOTA, Kind.LIGHT): (
        {"topic": "t_lamp", "features": _ALL, "effects": ["single", "wake up", "cycle"]},
        [
            *on_off("cmnd/t_lamp/POWER", "ON", "OFF", "stat/t_lamp/RESULT", '{"POWER":"ON"}', '{"POWER":"OFF"}'),
            Step(
                {"brightness": 30},
                {"cmnd/t_lamp/Dimmer": "30", "cmnd/t_lamp/POWER": "ON"},
                {"stat/t_lamp/RESULT": '{"POWER":"ON","Dimmer":30}'},
                {"brightness": 30},
            ),
            Step(
                {"color": "green"},
                {"cmnd/t_lamp/Color2": "0,255,0", "cmnd/t_lamp/POWER": "ON"},
                {"stat/t_lamp/RESULT": '{"POWER":"ON","HSBColor":"120,100,30"}'},
                {"color": "green"},
            ),
            Step(
                {"color_temperature": 4000},
                {"cmnd/t_lamp/CT": "250", "cmnd/t_lamp/POWER": "ON"},
                {"tele/t_lamp/STATE": '{"POWER":"ON","CT":250}'},
                {"color_temperature": 4000},
            ),
            Step(
                {"effect": "wake up"},
                {"cmnd/t_lamp/Scheme": "1", "cmnd/t_lamp/POWER": "ON"},
                {"stat/t_lamp/RESULT": '{"POWER":"ON","Scheme":1}'},
                {"effect": "wake up"},
            ),
        ],
    ),
    (Dialect.TASMOTA, Kind.SWITCH): (
        {"topic": "home/%prefix%/plug", "endpoint": "2"},
        on_off("home/cmnd/plug/POWER2", "ON", "OFF", "home/stat/plug/RESULT", '{"POWER2":"ON"}', '{"POWER2":"OFF"}'),
    ),
    (Dialect.TASMOTA, Kind.COVER): (
        {"topic": "t_blind"},
        [
            Step(
                {"action": "open"},
                {"cmnd/t_blind/Backlog": "ShutterOpen1"},
                {"tele/t_blind/SENSOR": '{"Shutter1":{"Position":100,"Direction":0}}'},
                {"position": 100},
            ),
            Step(
                {"action": "close"},
                {"cmnd/t_blind/Backlog": "ShutterClose1"},
                {"stat/t_blind/RESULT": '{"Shutter1":{"Position":0,"Direction":0}}'},
                {"position": 0},
            ),
            Step({"action": "stop"}, {"cmnd/t_blind/Backlog": "ShutterStop1"}),
            Step(
                {"position": 40},
                {"cmnd/t_blind/ShutterPosition1": "40"},
                {"stat/t_blind/RESULT": '{"Shutter1":{"Position":40,"Direction":0}}'},
                {"position": 40},
            ),
        ],
    ),
    (Dialect.TASMOTA, Kind.FAN): (
        {"topic": "t_fan"},
        [
            *on_off("cmnd/t_fan/FanSpeed", "2", "0", "stat/t_fan/RESULT", '{"FanSpeed":2}', '{"FanSpeed":0}'),
            Step(
                {"speed": 100},
                {"cmnd/t_fan/FanSpeed": "3"},
                {"stat/t_fan/RESULT": '{"FanSpeed":3}'},
                {"on": True, "speed": 100},
            ),
        ],
    ),
    (Dialect.TASMOTA, Kind.GROUP): (
        {"topic": "tasmotas"},
        [Step({"on": True}, {"cmnd/tasmotas/POWER": "ON"}), Step({"on": False}, {"cmnd/tasmotas/POWER": "OFF"})],
    ),
    (Dialect.TASMOTA, Kind.SENSOR): (
        {"topic": "t_room", "key": "AM2301.Temperature"},
        [heard("tele/t_room/SENSOR", '{"AM2301":{"Temperature":21.5},"TempUnit":"C"}', value=21.5)],
    ),
    (Dialect.TASMOTA, Kind.BINARY_SENSOR): (
        {"topic": "t_door", "key": "Switch1", "device_class": "door"},
        [
            heard("stat/t_door/RESULT", '{"Switch1":"ON"}', on=True),
            heard("tele/t_door/SENSOR", '{"Switch1":"OFF"}', on=False),
        ],
    ),
    (Dialect.TASMOTA, Kind.VALVE): (
        {"topic": "t_water"},
        [
            Step(
                {"action": "open"},
                {"cmnd/t_water/POWER": "ON"},
                {"stat/t_water/RESULT": '{"POWER":"ON"}'},
                {"state": "open"},
            ),
            Step(
                {"action": "close"},
                {"cmnd/t_water/POWER": "OFF"},
                {"stat/t_water/RESULT": '{"POWER":"OFF"}'},
                {"state": "closed"},
            ),
        ],
    ),
}


def json_light(command: str, state: str) -> list[Step]:
    """Return the steps of a light by Home Assistant's JSON schema."""
    return [
        *on_off(command, '{"state":"ON"}', '{"state":"OFF"}', state, '{"state":"ON"}', '{"state":"OFF"}'),
        Step(
            {"brightness": 50},
            {command: '{"state":"ON","brightness":128}'},
            {state: '{"state":"ON","brightness":128}'},
            {"brightness": 128 / 255 * 100},
        ),
        Step(
            {"color": "magenta"},
            {command: '{"state":"ON","color":{"r":255,"g":0,"b":255}}'},
            {state: '{"state":"ON","color_mode":"rgb","color":{"r":255,"g":0,"b":255}}'},
            {"color": "magenta"},
        ),
        Step(
            {"color": "daylight"},
            {command: '{"state":"ON","color_temp":154}'},
            {state: '{"state":"ON","color_mode":"color_temp","color_temp":154}'},
            {"color_temperature": 6494},
        ),
        Step(
            {"effect": "Rainbow"},
            {command: '{"state":"ON","effect":"rainbow"}'},
            {state: '{"state":"ON","effect":"rainbow"}'},
            {"effect": "rainbow"},
        ),
    ]


def opening(command: str, state: str, position: str, position_state: str) -> list[Step]:
    """Return the steps of a cover or valve whose position has topics of its own."""
    return [
        Step(
            {"action": "open"},
            {command: "OPEN"},
            {state: "open", position_state: "100"},
            {"state": "open", "position": 100},
        ),
        Step({"action": "close"}, {command: "CLOSE"}, {state: "closed", position_state: "0"}, {"state": "closed"}),
        Step(
            {"action": "close"},
            {command: "CLOSE"},
            {state: "closing", position_state: "60"},
            {"state": "closing"},
            confirms=False,
        ),
        Step({"action": "stop"}, {command: "STOP"}, {state: "stopped"}, {"state": "stopped"}),
        Step({"position": 40}, {position: "40"}, {position_state: "39"}, {"position": 39}),
    ]


def lock(command: str, state: str) -> list[Step]:
    """Return the steps of a lock that has words."""
    return [
        Step({"locked": True}, {command: "LOCK"}, {state: "LOCKED"}, {"state": "locked"}),
        Step({"locked": False}, {command: "UNLOCK"}, {state: "UNLOCKED"}, {"state": "unlocked"}),
        Step({"locked": True}, {command: "LOCK"}, {state: "JAMMED"}, {"state": "jammed"}, confirms=False),
    ]


def alarm(command: str, state: str) -> list[Step]:
    """Return the steps of an alarm panel."""
    return [
        Step({"action": "arm away"}, {command: "ARM_AWAY"}, {state: "armed_away"}, {"state": "armed away"}),
        Step({"action": "disarm"}, {command: "DISARM"}, {state: "disarmed"}, {"state": "disarmed"}),
        Step({"action": "arm night"}, {command: "ARM_NIGHT"}, {state: "arming"}, {"state": "arming"}, confirms=False),
    ]


ESPHOME: Cells = {
    (Dialect.ESPHOME, Kind.LIGHT): (
        {"topic": "node/light/lamp", "features": _ALL, "effects": ["rainbow"]},
        json_light("node/light/lamp/command", "node/light/lamp/state"),
    ),
    (Dialect.ESPHOME, Kind.SWITCH): (
        {"topic": "node/switch/plug"},
        on_off("node/switch/plug/command", "ON", "OFF", "node/switch/plug/state", "ON", "OFF"),
    ),
    (Dialect.ESPHOME, Kind.COVER): (
        {"topic": "node/cover/blind"},
        opening(
            "node/cover/blind/command",
            "node/cover/blind/state",
            "node/cover/blind/position/command",
            "node/cover/blind/position/state",
        ),
    ),
    (Dialect.ESPHOME, Kind.LOCK): ({"topic": "node/lock/door"}, lock("node/lock/door/command", "node/lock/door/state")),
    (Dialect.ESPHOME, Kind.CLIMATE): (
        {"topic": "node/climate/ac", "modes": ["off", "heat", "cool"]},
        [
            Step(
                {"temperature": 21},
                {"node/climate/ac/target_temperature/command": "21"},
                {
                    "node/climate/ac/target_temperature/state": "21.0",
                    "node/climate/ac/current_temperature/state": "18.4",
                },
                {"temperature": 21, "current_temperature": 18.4},
            ),
            Step(
                {"mode": "cool"},
                {"node/climate/ac/mode/command": "cool"},
                {"node/climate/ac/mode/state": "cool"},
                {"mode": "cool"},
            ),
        ],
    ),
    (Dialect.ESPHOME, Kind.FAN): (
        {"topic": "node/fan/fan", "speeds": 4},
        [
            *on_off("node/fan/fan/command", "ON", "OFF", "node/fan/fan/state", "ON", "OFF"),
            Step(
                {"speed": 50},
                {"node/fan/fan/speed_level/command": "2", "node/fan/fan/command": "ON"},
                {"node/fan/fan/state": "ON", "node/fan/fan/speed_level/state": "2"},
                {"on": True, "speed": 50},
            ),
        ],
    ),
    (Dialect.ESPHOME, Kind.SCENE): ({"topic": "node/button/film"}, [Step({}, {"node/button/film/command": "PRESS"})]),
    (Dialect.ESPHOME, Kind.SENSOR): (
        {"topic": "node/sensor/room"},
        [heard("node/sensor/room/state", "21.50", value=21.5), heard("node/sensor/room/state", "nan")],
    ),
    (Dialect.ESPHOME, Kind.BINARY_SENSOR): (
        {"topic": "node/binary_sensor/motion", "device_class": "motion"},
        [
            heard("node/binary_sensor/motion/state", "ON", on=True),
            heard("node/binary_sensor/motion/state", "OFF", on=False),
        ],
    ),
    (Dialect.ESPHOME, Kind.ALARM): (
        {"topic": "node/alarm_control_panel/house"},
        alarm("node/alarm_control_panel/house/command", "node/alarm_control_panel/house/state"),
    ),
    (Dialect.ESPHOME, Kind.VALVE): (
        {"topic": "node/valve/water", "features": ["position"]},
        opening(
            "node/valve/water/command",
            "node/valve/water/state",
            "node/valve/water/position/command",
            "node/valve/water/position/state",
        ),
    ),
}


def _call(part: str, method: str, values: str) -> str:
    return f'{{"id":1,"src":"{part}","method":"{method}","params":{{"id":{part[-1]},{values}}}}}'


def _lamp(values: str) -> str:
    return _call("shelly-lamp/hubd/light:0", "Light.Set", values)


SHELLY: Cells = {
    (Dialect.SHELLY, Kind.LIGHT): (
        {"topic": "shelly-lamp"},
        [
            *on_off(
                "shelly-lamp/rpc",
                _lamp('"on":true'),
                _lamp('"on":false'),
                "shelly-lamp/status/light:0",
                '{"output":true}',
                '{"output":false}',
            ),
            Step(
                {"brightness": 40},
                {"shelly-lamp/rpc": _lamp('"on":true,"brightness":40')},
                {"shelly-lamp/events/rpc": '{"params":{"light:0":{"output":true,"brightness":40}}}'},
                {"on": True, "brightness": 40},
            ),
        ],
    ),
    (Dialect.SHELLY, Kind.SWITCH): (
        {"topic": "shelly-plug"},
        [
            Step(
                {"on": True},
                {"shelly-plug/rpc": _call("shelly-plug/hubd/switch:0", "Switch.Set", '"on":true')},
                {"shelly-plug/hubd/switch:0/rpc": '{"id":1,"result":{"output":true,"apower":4.2}}'},
                {"on": True},
            ),
            Step(
                {"on": False},
                {"shelly-plug/rpc": _call("shelly-plug/hubd/switch:0", "Switch.Set", '"on":false')},
                {"shelly-plug/events/rpc": '{"method":"NotifyStatus","params":{"switch:0":{"output":false}}}'},
                {"on": False},
            ),
        ],
    ),
    (Dialect.SHELLY, Kind.COVER): (
        {"topic": "shelly-blind"},
        [
            Step(
                {"action": "open"},
                {"shelly-blind/command/cover:0": "open"},
                {"shelly-blind/status/cover:0": '{"state":"open","current_pos":100}'},
                {"state": "open", "position": 100},
            ),
            Step(
                {"action": "close"},
                {"shelly-blind/command/cover:0": "close"},
                {"shelly-blind/status/cover:0": '{"state":"closing","current_pos":35}'},
                {"state": "closing"},
                confirms=False,
            ),
            Step(
                {"action": "stop"},
                {"shelly-blind/command/cover:0": "stop"},
                {"shelly-blind/status/cover:0": '{"state":"stopped","current_pos":35}'},
                {"state": "stopped"},
            ),
            Step(
                {"position": 40},
                {"shelly-blind/command/cover:0": "pos,40"},
                {"shelly-blind/events/rpc": '{"method":"NotifyStatus","params":{"cover:0":{"current_pos":40}}}'},
                {"position": 40},
            ),
        ],
    ),
    (Dialect.SHELLY, Kind.SENSOR): (
        {"topic": "shelly-room", "key": "temperature:0.tC"},
        [heard("shelly-room/status/temperature:0", '{"id":0,"tC":21.5}', value=21.5)],
    ),
    (Dialect.SHELLY, Kind.BINARY_SENSOR): (
        {"topic": "shelly-door", "key": "input:0.state", "device_class": "door"},
        [heard("shelly-door/events/rpc", '{"method":"NotifyStatus","params":{"input:0":{"state":true}}}', on=True)],
    ),
    (Dialect.SHELLY, Kind.VALVE): (
        {"topic": "shelly-water", "endpoint": "1"},
        [
            Step(
                {"action": "open"},
                {"shelly-water/rpc": _call("shelly-water/hubd/switch:1", "Switch.Set", '"on":true')},
                {"shelly-water/status/switch:1": '{"output":true}'},
                {"state": "open"},
            ),
        ],
    ),
}


def by_topics(dialect: Dialect, top: str) -> Cells:
    """Return the kinds whose every property has a topic of its own; top: where they lie."""
    has_topic = dialect is Dialect.HOME_ASSISTANT

    def main(name: str, **further: object) -> dict[str, object]:
        own = {"topic": f"{top}/{name}"}
        return {**(own if has_topic else _own(f"{top}/{name}")), **further}

    def channels(name: str, *properties: str) -> dict[str, object]:
        given = {each: _own(f"{top}/{name}/{each}") for each in properties}
        return {} if has_topic else {"channels": given}

    return {
        (dialect, Kind.SWITCH): (main("plug"), on_off(f"{top}/plug/set", "ON", "OFF", f"{top}/plug", "ON", "OFF")),
        (dialect, Kind.COVER): (
            main("blind", **channels("blind", "position")),
            opening(f"{top}/blind/set", f"{top}/blind", f"{top}/blind/position/set", f"{top}/blind/position"),
        ),
        (dialect, Kind.LOCK): (main("door"), lock(f"{top}/door/set", f"{top}/door")),
        (dialect, Kind.CLIMATE): (
            main("ac", modes=["off", "heat", "cool"], **channels("ac", "mode", "current_temperature")),
            [
                Step(
                    {"temperature": 21.5},
                    {f"{top}/ac/set": "21.5"},
                    {f"{top}/ac": "21.5", f"{top}/ac/current_temperature": "20"},
                    {"temperature": 21.5, "current_temperature": 20},
                ),
                Step({"mode": "heat"}, {f"{top}/ac/mode/set": "heat"}, {f"{top}/ac/mode": "heat"}, {"mode": "heat"}),
            ],
        ),
        (dialect, Kind.FAN): (
            main("fan", speeds=3, **channels("fan", "speed")),
            [
                *on_off(f"{top}/fan/set", "ON", "OFF", f"{top}/fan", "ON", "OFF"),
                Step(
                    {"speed": 40},
                    {f"{top}/fan/speed/set": "1", f"{top}/fan/set": "ON"},
                    {f"{top}/fan/speed": "1", f"{top}/fan": "ON"},
                    {"on": True, "speed": 100 / 3},
                ),
            ],
        ),
        (dialect, Kind.SCENE): (
            {"command_topic": f"{top}/film/set", "payload_on": "GO"},
            [Step({}, {f"{top}/film/set": "GO"})],
        ),
        (dialect, Kind.GROUP): (main("all"), on_off(f"{top}/all/set", "ON", "OFF", f"{top}/all", "ON", "OFF")),
        (dialect, Kind.SENSOR): (
            {"state_topic": f"{top}/room", "key": "t"},
            [heard(f"{top}/room", '{"t":21.5}', value=21.5)],
        ),
        (dialect, Kind.BINARY_SENSOR): (
            {"state_topic": f"{top}/leak", "device_class": "moisture", "state_on": "wet", "state_off": "dry"},
            [heard(f"{top}/leak", "wet", on=True), heard(f"{top}/leak", "dry", on=False)],
        ),
        (dialect, Kind.ALARM): (main("alarm"), alarm(f"{top}/alarm/set", f"{top}/alarm")),
        (dialect, Kind.VALVE): (
            main("water", **({"features": ["position"]} if has_topic else channels("water", "position"))),
            opening(f"{top}/water/set", f"{top}/water", f"{top}/water/position/set", f"{top}/water/position"),
        ),
    }


def _own(topic: str) -> dict[str, object]:
    return {"command_topic": f"{topic}/set", "state_topic": topic}


def vacuum(command: str, reports: str, form: str) -> list[Step]:
    """Return the steps of a vacuum cleaner; form: its report, with %s for the word."""
    return [
        Step({"action": "start"}, {command: "start"}, {reports: form % "cleaning"}, {"state": "cleaning"}),
        Step({"action": "return"}, {command: "return_to_base"}, {reports: form % "returning"}, {"state": "returning"}),
        Step({"action": "pause"}, {command: "pause"}, {reports: form % "error"}, {"state": "error"}, confirms=False),
        Step({"action": "locate"}, {command: "locate"}),
    ]


HOME_ASSISTANT: Cells = {
    **by_topics(Dialect.HOME_ASSISTANT, "ha"),
    (Dialect.HOME_ASSISTANT, Kind.LIGHT): (
        {"topic": "ha/lamp", "features": _ALL, "effects": ["rainbow"]},
        json_light("ha/lamp/set", "ha/lamp"),
    ),
    (Dialect.HOME_ASSISTANT, Kind.VACUUM): ({"topic": "ha/vac"}, vacuum("ha/vac/set", "ha/vac", '{"state":"%s"}')),
}

PLAIN: Cells = {
    **by_topics(Dialect.PLAIN, "p"),
    (Dialect.PLAIN, Kind.LIGHT): (
        {
            **_own("p/lamp"),
            "brightness_command_topic": "p/lamp/level/set",
            "brightness_state_topic": "p/lamp/level",
            "effects": ["rainbow"],
            "channels": {name: _own(f"p/lamp/{name}") for name in ("color", "color_temperature", "effect")},
        },
        [
            *on_off("p/lamp/set", "ON", "OFF", "p/lamp", "ON", "OFF"),
            Step(
                {"brightness": 50},
                {"p/lamp/level/set": "128", "p/lamp/set": "ON"},
                {"p/lamp/level": "128", "p/lamp": "ON"},
                {"brightness": 128 / 255 * 100},
            ),
            Step(
                {"color": "cyan"},
                {"p/lamp/color/set": "0,234,255", "p/lamp/set": "ON"},
                {"p/lamp/color": "0,234,255", "p/lamp": "ON"},
                {"color": "cyan"},
            ),
            Step(
                {"color": "Warm White"},
                {"p/lamp/color_temperature/set": "370", "p/lamp/set": "ON"},
                {"p/lamp/color_temperature": "370", "p/lamp": "ON"},
                {"color_temperature": 2703},
            ),
            Step(
                {"effect": "rainbow"},
                {"p/lamp/effect/set": "rainbow", "p/lamp/set": "ON"},
                {"p/lamp/effect": "rainbow", "p/lamp": "ON"},
                {"effect": "rainbow"},
            ),
        ],
    ),
    (Dialect.PLAIN, Kind.MEDIA_PLAYER): (
        {
            **_own("p/radio"),
            "payloads": {"play": "PL", "next": "SKIP"},
            "states": {"playing": "on air"},
            "channels": {"volume": {**_own("p/radio/vol"), "scale": 60}},
        },
        [
            Step({"action": "play"}, {"p/radio/set": "PL"}, {"p/radio": "on air"}, {"state": "playing"}),
            Step({"action": "pause"}, {"p/radio/set": "PAUSE"}, {"p/radio": "paused"}, {"state": "paused"}),
            Step({"action": "next"}, {"p/radio/set": "SKIP"}),
            Step({"volume": 50}, {"p/radio/vol/set": "30"}, {"p/radio/vol": "30"}, {"volume": 50}),
        ],
    ),
    (Dialect.PLAIN, Kind.VACUUM): (_own("p/vac"), vacuum("p/vac/set", "p/vac", "%s")),
}

CELLS: Cells = {**ZIGBEE, **TASMOTA, **ESPHOME, **SHELLY, **HOME_ASSISTANT, **PLAIN}
