package compat;

import java.util.Properties;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.impl.MQClientAPIImpl;
import org.apache.rocketmq.client.impl.factory.MQClientInstance;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;

/** What admin tools ask of a broker and of a name server, over a producer's connections. */
final class Tools {
  private static final long LIMIT_MS = 10_000;

  private final MQClientAPIImpl api;
  /** Its address. */
  final String broker;

  Tools(DefaultMQProducer producer) {
    this(producer, "broker-a");
  }

  /** Of this broker; there is a topic of its name. */
  Tools(DefaultMQProducer producer, String brokerName) {
    MQClientInstance client = producer.getDefaultMQProducerImpl().getmQClientFactory();
    client.updateTopicRouteInfoFromNameServer(brokerName);
    api = client.getMQClientAPIImpl();
    broker = client.findBrokerAddressInPublish(brokerName);
  }

  void createTopic(String topic, int queues) throws Exception {
    api.createTopic(broker, "TBW102", new TopicConfig(topic, queues, queues, 6), LIMIT_MS);
  }

  /** With attributes, of which clients of 4.9 know nothing: `+key=value,-key`. */
  void createTopic(String topic, int queues, String attributes) throws Exception {
    RemotingCommand request = RemotingCommand.createRequestCommand(17, null);
    request.addExtField("topic", topic);
    request.addExtField("defaultTopic", "TBW102");
    request.addExtField("readQueueNums", String.valueOf(queues));
    request.addExtField("writeQueueNums", String.valueOf(queues));
    request.addExtField("perm", "6");
    request.addExtField("topicFilterType", "SINGLE_TAG");
    request.addExtField("topicSysFlag", "0");
    request.addExtField("order", "false");
    request.addExtField("attributes", attributes);
    RemotingCommand answer = api.getRemotingClient().invokeSync(broker, request, LIMIT_MS);
    if (answer.getCode() != 0) throw new MQBrokerException(answer.getCode(), answer.getRemark());
  }

  void createOrderedTopic(String topic, int queues) throws Exception {
    TopicConfig settings = new TopicConfig(topic, queues, queues, 6);
    settings.setOrder(true);
    api.createTopic(broker, "TBW102", settings, LIMIT_MS);
  }

  void deleteTopic(String topic) throws Exception {
    api.deleteTopicInBroker(broker, topic, LIMIT_MS);
  }

  void putGroup(String group, boolean consumes, boolean broadcasts) throws Exception {
    var settings = Version.newGroup(group);
    settings.setConsumeEnable(consumes);
    settings.setConsumeBroadcastEnable(broadcasts);
    api.createSubscriptionGroup(broker, settings, LIMIT_MS);
  }

  void putGroupWithoutRetries(String group) throws Exception {
    var settings = Version.newGroup(group);
    settings.setRetryQueueNums(0);
    api.createSubscriptionGroup(broker, settings, LIMIT_MS);
  }

  void deleteGroup(String group, boolean withProgress) throws Exception {
    api.deleteSubscriptionGroup(broker, group, withProgress, LIMIT_MS);
  }

  void putOrder(String topic, String order) throws Exception {
    api.putKVConfigValue("ORDER_TOPIC_CONFIG", topic, order, LIMIT_MS);
  }

  String order(String topic) throws Exception {
    return api.getKVConfigValue("ORDER_TOPIC_CONFIG", topic, LIMIT_MS);
  }

  void deleteOrder(String topic) throws Exception {
    api.deleteKVConfigValue("ORDER_TOPIC_CONFIG", topic, LIMIT_MS);
  }

  String runtime(String name) throws Exception {
    var table = api.getBrokerRuntimeInfo(broker, LIMIT_MS);
    return table.getTable().get(name);
  }

  void setBroker(String name, String value) throws Exception {
    Properties properties = new Properties();
    properties.setProperty(name, value);
    api.updateBrokerConfig(broker, properties, LIMIT_MS);
  }

  void setNameServer(String name, String value) throws Exception {
    Properties properties = new Properties();
    properties.setProperty(name, value);
    api.updateNameServerConfig(properties, api.getNameServerAddressList(), LIMIT_MS);
  }
}
